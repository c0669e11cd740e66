package crypho.rtc.stun;

import crypho.base.Invariant;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/// Writes STUN messages into a caller's buffer: `begin`, attributes, integrity, fingerprint,
/// [#length]. One owner thread; allocates nothing but where a method says so.
///
/// A message that does not fit is not cut: [#length] is then [#OVERFLOW].
public final class StunWriter {
  public static final int OVERFLOW = -1;

  private final CRC32 crc = new CRC32();
  private byte[] out = new byte[0];
  private int start;
  private int at;
  private boolean isOverflown;

  /// Begins a message of `type` (see [Stun#type]) with the transaction id at `idOffset` of `id`.
  public StunWriter begin(byte[] out, int outOffset, int type, byte[] id, int idOffset) {
    this.out = out;
    this.start = outOffset;
    this.at = outOffset;
    this.isOverflown = false;
    if (reserve(Stun.HEADER_BYTES)) {
      Stun.putUint16(out, at, type);
      Stun.putUint16(out, at + 2, 0);
      Stun.putInt32(out, at + 4, Stun.MAGIC_COOKIE);
      System.arraycopy(id, idOffset, out, at + 8, Stun.TRANSACTION_ID_BYTES);
      at += Stun.HEADER_BYTES;
    }
    return this;
  }

  /// Begins the answer of class `SUCCESS` or `ERROR` to a request.
  public StunWriter answer(byte[] out, int outOffset, int messageClass, StunReader request) {
    int type = Stun.type(request.method(), messageClass);
    return begin(out, outOffset, type, request.data(), request.transactionIdOffset());
  }

  public StunWriter bytes(int attribute, byte[] value, int offset, int length) {
    if (header(attribute, length)) {
      System.arraycopy(value, offset, out, at, length);
      pad(length);
    }
    return this;
  }

  public StunWriter bytes(int attribute, byte[] value) {
    return bytes(attribute, value, 0, value.length);
  }

  /// Allocates the text's bytes.
  public StunWriter text(int attribute, String value) {
    return bytes(attribute, value.getBytes(StandardCharsets.UTF_8));
  }

  public StunWriter int32(int attribute, int value) {
    if (header(attribute, 4)) {
      Stun.putInt32(out, at, value);
      at += 4;
    }
    return this;
  }

  public StunWriter int64(int attribute, long value) {
    if (header(attribute, 8)) {
      Stun.putInt32(out, at, (int) (value >> 32));
      Stun.putInt32(out, at + 4, (int) value);
      at += 8;
    }
    return this;
  }

  public StunWriter flag(int attribute) {
    header(attribute, 0);
    return this;
  }

  /// An XOR-…-ADDRESS attribute; `ip` has four or sixteen bytes.
  public StunWriter xorAddress(int attribute, byte[] ip, int port) {
    if (header(attribute, 4 + ip.length)) {
      out[at] = 0;
      out[at + 1] = (byte) (ip.length == 4 ? Stun.FAMILY_IPV4 : Stun.FAMILY_IPV6);
      Stun.putUint16(out, at + 2, port ^ (Stun.MAGIC_COOKIE >>> 16));
      for (int i = 0; i < ip.length; i++) {
        out[at + 4 + i] = (byte) (ip[i] ^ out[start + 4 + i]);
      }
      at += 4 + ip.length;
    }
    return this;
  }

  /// Allocates the address's bytes.
  public StunWriter xorAddress(int attribute, InetSocketAddress address) {
    return xorAddress(attribute, address.getAddress().getAddress(), address.getPort());
  }

  /// ERROR-CODE without a reason phrase: the number says it, and answers stay small.
  public StunWriter errorCode(int code) {
    return int32(Attribute.ERROR_CODE, ((code / 100) << 8) | (code % 100));
  }

  /// UNKNOWN-ATTRIBUTES with what `request` has and its reader's user does not handle.
  public StunWriter unknownAttributes(StunReader request) {
    int count = request.unknownCount();
    if (header(Attribute.UNKNOWN_ATTRIBUTES, 2 * count)) {
      for (int i = 0; i < count; i++) {
        Stun.putUint16(out, at + 2 * i, request.unknown(i));
      }
      pad(2 * count);
    }
    return this;
  }

  /// MESSAGE-INTEGRITY over all before it.
  public StunWriter integrity(IntegrityKey key) {
    return integrity(key, false);
  }

  /// MESSAGE-INTEGRITY-SHA256 or MESSAGE-INTEGRITY over all before it.
  public StunWriter integrity(IntegrityKey key, boolean isSha256) {
    int bytes = isSha256 ? IntegrityKey.SHA256_BYTES : IntegrityKey.SHA1_BYTES;
    int attribute = isSha256 ? Attribute.MESSAGE_INTEGRITY_SHA256 : Attribute.MESSAGE_INTEGRITY;
    int place = at;
    if (header(attribute, bytes)) {
      System.arraycopy(key.tag(isSha256, out, start, place, bytes), 0, out, at, bytes);
      at += bytes;
    }
    return this;
  }

  /// FINGERPRINT over all before it; nothing may follow.
  public StunWriter fingerprint() {
    int place = at;
    if (header(Attribute.FINGERPRINT, 4)) {
      at += 4;
      putLength();
      Stun.putInt32(out, at - 4, StunReader.fingerprint(crc, out, start, place - start));
    }
    return this;
  }

  /// Ends the message.
  ///
  /// @return its bytes, header and all, or [#OVERFLOW]
  public int length() {
    if (isOverflown) {
      return OVERFLOW;
    }
    putLength();
    return at - start;
  }

  private boolean header(int attribute, int length) {
    Invariant.check(length <= 0xffff, "an attribute's length has sixteen bits");
    if (!reserve(4 + Stun.padded(length))) {
      return false;
    }
    Stun.putUint16(out, at, attribute);
    Stun.putUint16(out, at + 2, length);
    at += 4;
    return true;
  }

  /// Moves past a value of `length` bytes that lies at `at`, with zeros up to four.
  private void pad(int length) {
    int end = at + Stun.padded(length);
    for (int i = at + length; i < end; i++) {
      out[i] = 0;
    }
    at = end;
  }

  private boolean reserve(int bytes) {
    isOverflown = isOverflown || out.length - at < bytes;
    return !isOverflown;
  }

  private void putLength() {
    Stun.putUint16(out, start + 2, at - start - Stun.HEADER_BYTES);
  }
}
