package crypho.rtc.srtp;

/// AES in Galois/counter mode (RFC 7714).
final class GcmTransform implements PacketTransform {
  private static final int INDEX_BYTES = 4;
  private static final int RTCP_HEADER_BYTES = 8;

  private final Gcm gcm;
  private final byte[] salt;
  private final byte[] nonce = new byte[Gcm.NONCE_BYTES];
  private final byte[] word = new byte[INDEX_BYTES];

  /// Takes over `sessionSalt`.
  GcmTransform(Gcm gcm, byte[] sessionSalt) {
    this.gcm = gcm;
    this.salt = sessionSalt;
  }

  /// RFC 7714 §8.1 and §9.1: two zero bytes, the SSRC, the index in six bytes; all of it xor the
  /// salt.
  private void begin(boolean isSealing, int ssrc, long index) {
    nonce[0] = salt[0];
    nonce[1] = salt[1];
    BigEndian.putInt(nonce, 2, ssrc ^ BigEndian.getInt(salt, 2));
    nonce[6] = (byte) (index >>> 40 ^ salt[6]);
    nonce[7] = (byte) (index >>> 32 ^ salt[7]);
    BigEndian.putInt(nonce, 8, (int) index ^ BigEndian.getInt(salt, 8));
    gcm.begin(isSealing, nonce);
  }

  @Override
  public int protect(
      byte[] header,
      int headerOffset,
      int headerLength,
      byte[] payload,
      int payloadOffset,
      int payloadLength,
      int ssrc,
      long index,
      byte[] out,
      int outOffset) {
    begin(true, ssrc, index);
    gcm.aad(header, headerOffset, headerLength);
    System.arraycopy(header, headerOffset, out, outOffset, headerLength);
    return headerLength
        + gcm.seal(payload, payloadOffset, payloadLength, out, outOffset + headerLength);
  }

  @Override
  public int unprotect(
      byte[] in,
      int offset,
      int headerLength,
      int length,
      int ssrc,
      long index,
      byte[] out,
      int outOffset) {
    begin(false, ssrc, index);
    gcm.aad(in, offset, headerLength);
    return opened(in, offset, headerLength, length - headerLength, out, outOffset);
  }

  /// Opens the `length` bytes after a clear part, and copies that before them.
  private int opened(byte[] in, int offset, int clear, int length, byte[] out, int outOffset) {
    var plain = gcm.open(in, offset + clear, length, out, outOffset + clear);
    if (plain < 0) {
      return plain;
    }
    System.arraycopy(in, offset, out, outOffset, clear);
    return clear + plain;
  }

  /// RFC 7714 §9.2: the associated data ends with the word of E bit and index.
  @Override
  public int protectRtcp(
      byte[] in, int offset, int length, int ssrc, int index, byte[] out, int outOffset) {
    BigEndian.putInt(word, 0, index | CmHmacTransform.ENCRYPTED);
    begin(true, ssrc, index);
    gcm.aad(in, offset, RTCP_HEADER_BYTES);
    gcm.aad(word, 0, INDEX_BYTES);
    System.arraycopy(in, offset, out, outOffset, RTCP_HEADER_BYTES);
    var at = RTCP_HEADER_BYTES;
    at += gcm.seal(in, offset + at, length - at, out, outOffset + at);
    System.arraycopy(word, 0, out, outOffset + at, INDEX_BYTES);
    return at + INDEX_BYTES;
  }

  /// Where the E bit is clear the packet is plain, and all of it is associated data (RFC 7714
  /// §9.3).
  @Override
  public int unprotectRtcp(
      byte[] in, int offset, int length, int ssrc, int index, byte[] out, int outOffset) {
    var isEncrypted = index < 0;
    var end = length - INDEX_BYTES;
    var clear = isEncrypted ? RTCP_HEADER_BYTES : end - Gcm.TAG_BYTES;
    begin(false, ssrc, index & 0x7fffffffL);
    gcm.aad(in, offset, clear);
    gcm.aad(in, offset + end, INDEX_BYTES);
    return opened(in, offset, clear, end - clear, out, outOffset);
  }

  @Override
  public int rtcpIndexAt(int length) {
    return length - INDEX_BYTES;
  }
}
