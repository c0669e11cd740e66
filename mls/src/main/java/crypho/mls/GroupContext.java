package crypho.mls;

import crypho.base.Bytes;
import java.util.List;

/// What all members of an epoch agree upon (RFC 9420 §8.1).
public record GroupContext(
    int version,
    int cipherSuite,
    Bytes groupId,
    long epoch,
    Bytes treeHash,
    Bytes confirmedTranscriptHash,
    List<Extension> extensions) {

  public Bytes encode() {
    return Writer.bytes(out -> MessageCodec.writeGroupContext(out, this));
  }
}
