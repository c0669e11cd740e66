package crypho.mls;

import crypho.base.Bytes;

/// The running hashes over all commits (RFC 9420 §8.2).
final class TranscriptHash {
  /// SHA-256.
  static final int BYTES = 32;

  private TranscriptHash() {}

  /// Over the previous interim hash and a commit with its signature.
  static Bytes confirmed(
      Bytes interimBefore, int wireFormat, FramedContent content, Bytes signature) {
    return Suite.hash(
        Writer.bytes(out -> {
          out.raw(interimBefore).u16(wireFormat);
          MessageCodec.writeFramedContent(out, content);
          out.opaque(signature);
        }));
  }

  /// Over a confirmed hash and the confirmation tag that closes its epoch.
  static Bytes interim(Bytes confirmed, Bytes confirmationTag) {
    return Suite.hash(Writer.bytes(out -> out.raw(confirmed).opaque(confirmationTag)));
  }
}
