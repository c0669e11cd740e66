package crypho.rtc.srtp;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// AES in counter mode with HMAC-SHA1 cut to 80 bits (RFC 3711 §4.1.1, §4.2.1), which every
/// DTLS-SRTP peer must speak. Twice as dear as GCM.
final class CmHmacTransform implements PacketTransform {
  static final int AUTH_KEY_BYTES = 20;
  static final int ENCRYPTED = 0x80000000;

  private static final int TAG_BYTES = 10;
  private static final int INDEX_BYTES = 4;
  private static final int RTCP_HEADER_BYTES = 8;
  private static final int IV_BYTES = 16;

  private final Cipher cipher;
  private final Mac mac;
  private final SecretKey key;
  private final byte[] salt;
  private final CounterStart start = new CounterStart();
  private final byte[] word = new byte[4];
  private final byte[] digest = new byte[20];

  /// Takes over `sessionSalt`, copies and wipes the keys.
  CmHmacTransform(byte[] sessionKey, byte[] sessionSalt, byte[] authKey) {
    key = new SecretKeySpec(sessionKey, "AES");
    salt = sessionSalt;
    try {
      cipher = Cipher.getInstance("AES/CTR/NoPadding");
      mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(authKey, "HmacSHA1"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
    Arrays.fill(sessionKey, (byte) 0);
    Arrays.fill(authKey, (byte) 0);
  }

  /// Hands out its own array where its parent would copy; the JDK copies it itself.
  private static final class CounterStart extends IvParameterSpec {
    private final byte[] value = new byte[IV_BYTES];

    CounterStart() {
      super(new byte[IV_BYTES]);
    }

    @Override
    public byte[] getIV() {
      return value;
    }
  }

  /// RFC 3711 §4.1.1: `(salt · 2^16) xor (SSRC · 2^64) xor (index · 2^16)`.
  private void crypt(
      byte[] in, int offset, int length, int ssrc, long index, byte[] out, int outOffset)
      throws GeneralSecurityException {
    if (length == 0) {
      return;
    }
    var iv = start.value;
    System.arraycopy(salt, 0, iv, 0, salt.length);
    BigEndian.putInt(iv, 4, ssrc ^ BigEndian.getInt(salt, 4));
    iv[8] = (byte) (index >>> 40 ^ salt[8]);
    iv[9] = (byte) (index >>> 32 ^ salt[9]);
    BigEndian.putInt(iv, 10, (int) index ^ BigEndian.getInt(salt, 10));
    iv[14] = 0;
    iv[15] = 0;
    cipher.init(Cipher.ENCRYPT_MODE, key, start);
    cipher.doFinal(in, offset, length, out, outOffset);
  }

  /// Leaves in `digest` the tag of `length` bytes followed by `trailer`, or by none where it is in
  /// them.
  private void authenticate(byte[] data, int offset, int length) throws GeneralSecurityException {
    mac.update(data, offset, length);
    mac.doFinal(digest, 0);
  }

  private void authenticate(byte[] data, int offset, int length, int trailer)
      throws GeneralSecurityException {
    BigEndian.putInt(word, 0, trailer);
    mac.update(data, offset, length);
    mac.update(word, 0, word.length);
    mac.doFinal(digest, 0);
  }

  private boolean isTag(byte[] data, int offset) {
    var difference = 0;
    for (var i = 0; i < TAG_BYTES; i++) {
      difference |= digest[i] ^ data[offset + i];
    }
    return difference == 0;
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
    var length = headerLength + payloadLength;
    try {
      System.arraycopy(header, headerOffset, out, outOffset, headerLength);
      crypt(payload, payloadOffset, payloadLength, ssrc, index, out, outOffset + headerLength);
      authenticate(out, outOffset, length, (int) (index >>> 16));
      System.arraycopy(digest, 0, out, outOffset + length, TAG_BYTES);
      return length + TAG_BYTES;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
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
    var plain = length - TAG_BYTES;
    try {
      authenticate(in, offset, plain, (int) (index >>> 16));
      if (!isTag(in, offset + plain)) {
        return SrtpVerdict.UNAUTHENTIC;
      }
      System.arraycopy(in, offset, out, outOffset, headerLength);
      crypt(
          in,
          offset + headerLength,
          plain - headerLength,
          ssrc,
          index,
          out,
          outOffset + headerLength);
      return plain;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int protectRtcp(
      byte[] in, int offset, int length, int ssrc, int index, byte[] out, int outOffset) {
    try {
      System.arraycopy(in, offset, out, outOffset, RTCP_HEADER_BYTES);
      crypt(
          in,
          offset + RTCP_HEADER_BYTES,
          length - RTCP_HEADER_BYTES,
          ssrc,
          index,
          out,
          outOffset + RTCP_HEADER_BYTES);
      BigEndian.putInt(out, outOffset + length, index | ENCRYPTED);
      authenticate(out, outOffset, length + INDEX_BYTES);
      System.arraycopy(digest, 0, out, outOffset + length + INDEX_BYTES, TAG_BYTES);
      return length + INDEX_BYTES + TAG_BYTES;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int unprotectRtcp(
      byte[] in, int offset, int length, int ssrc, int index, byte[] out, int outOffset) {
    var plain = length - TAG_BYTES - INDEX_BYTES;
    try {
      authenticate(in, offset, plain + INDEX_BYTES);
      if (!isTag(in, offset + plain + INDEX_BYTES)) {
        return SrtpVerdict.UNAUTHENTIC;
      }
      var clear = index < 0 ? RTCP_HEADER_BYTES : plain;
      System.arraycopy(in, offset, out, outOffset, clear);
      crypt(in, offset + clear, plain - clear, ssrc, index & 0x7fffffffL, out, outOffset + clear);
      return plain;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int rtcpIndexAt(int length) {
    return length - TAG_BYTES - INDEX_BYTES;
  }
}
