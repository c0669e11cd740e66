package crypho.rtc.srtp;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// AES in Galois/counter mode (RFC 7714). The JDK's cipher on heap arrays is the fastest there is
/// in Java; each packet is one `init`, which allocates small objects inside the JDK. What lies
/// outside it (parameter objects, nonces) is reused.
final class GcmTransform implements PacketTransform {
  private static final int TAG_BYTES = 16;
  private static final int NONCE_BYTES = 12;
  private static final int INDEX_BYTES = 4;
  private static final int RTCP_HEADER_BYTES = 8;

  private final Cipher cipher;
  private final SecretKey key;
  private final byte[] salt;

  /// Two, in turn: the JDK compares the nonce of an encryption with the array of the one before.
  private final Nonce even = new Nonce();

  private final Nonce odd = new Nonce();
  private boolean isOdd;
  private final byte[] rtcpAad = new byte[RTCP_HEADER_BYTES + INDEX_BYTES];

  /// Takes over `sessionSalt`, copies and wipes `sessionKey`.
  GcmTransform(byte[] sessionKey, byte[] sessionSalt) {
    key = new SecretKeySpec(sessionKey, "AES");
    Arrays.fill(sessionKey, (byte) 0);
    salt = sessionSalt;
    try {
      cipher = Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Hands out its own array where its parent would copy: the JDK only reads it, until the next
  /// `init`.
  private static final class Nonce extends GCMParameterSpec {
    private final byte[] value = new byte[NONCE_BYTES];

    Nonce() {
      super(TAG_BYTES * 8, new byte[NONCE_BYTES]);
    }

    @Override
    public byte[] getIV() {
      return value;
    }
  }

  /// RFC 7714 §8.1 and §9.1: two zero bytes, the SSRC, the index in six bytes; all of it xor the
  /// salt.
  private Nonce nonce(int ssrc, long index) {
    isOdd = !isOdd;
    var nonce = isOdd ? odd : even;
    var iv = nonce.value;
    iv[0] = salt[0];
    iv[1] = salt[1];
    BigEndian.putInt(iv, 2, ssrc ^ BigEndian.getInt(salt, 2));
    iv[6] = (byte) (index >>> 40 ^ salt[6]);
    iv[7] = (byte) (index >>> 32 ^ salt[7]);
    BigEndian.putInt(iv, 8, (int) index ^ BigEndian.getInt(salt, 8));
    return nonce;
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
    try {
      cipher.init(Cipher.ENCRYPT_MODE, key, nonce(ssrc, index));
      cipher.updateAAD(header, headerOffset, headerLength);
      System.arraycopy(header, headerOffset, out, outOffset, headerLength);
      return headerLength
          + cipher.doFinal(payload, payloadOffset, payloadLength, out, outOffset + headerLength);
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
    try {
      cipher.init(Cipher.DECRYPT_MODE, key, nonce(ssrc, index));
      cipher.updateAAD(in, offset, headerLength);
      var payload =
          cipher.doFinal(
              in, offset + headerLength, length - headerLength, out, outOffset + headerLength);
      System.arraycopy(in, offset, out, outOffset, headerLength);
      return headerLength + payload;
    } catch (AEADBadTagException _) {
      return SrtpVerdict.UNAUTHENTIC;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int protectRtcp(
      byte[] in, int offset, int length, int ssrc, int index, byte[] out, int outOffset) {
    var word = index | CmHmacTransform.ENCRYPTED;
    System.arraycopy(in, offset, rtcpAad, 0, RTCP_HEADER_BYTES);
    BigEndian.putInt(rtcpAad, RTCP_HEADER_BYTES, word);
    try {
      cipher.init(Cipher.ENCRYPT_MODE, key, nonce(ssrc, index));
      cipher.updateAAD(rtcpAad);
      System.arraycopy(in, offset, out, outOffset, RTCP_HEADER_BYTES);
      var written =
          RTCP_HEADER_BYTES
              + cipher.doFinal(
                  in,
                  offset + RTCP_HEADER_BYTES,
                  length - RTCP_HEADER_BYTES,
                  out,
                  outOffset + RTCP_HEADER_BYTES);
      BigEndian.putInt(out, outOffset + written, word);
      return written + INDEX_BYTES;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Where the E bit is clear the packet is plain, and all of it is associated data (RFC 7714
  /// §9.3).
  @Override
  public int unprotectRtcp(
      byte[] in, int offset, int length, int ssrc, int index, byte[] out, int outOffset) {
    var isEncrypted = index < 0;
    var tagAt = length - INDEX_BYTES - TAG_BYTES;
    var plain = isEncrypted ? RTCP_HEADER_BYTES : tagAt;
    try {
      cipher.init(Cipher.DECRYPT_MODE, key, nonce(ssrc, index & 0x7fffffffL));
      cipher.updateAAD(in, offset, plain);
      cipher.updateAAD(in, offset + length - INDEX_BYTES, INDEX_BYTES);
      var decrypted =
          cipher.doFinal(in, offset + plain, length - INDEX_BYTES - plain, out, outOffset + plain);
      System.arraycopy(in, offset, out, outOffset, plain);
      return plain + decrypted;
    } catch (AEADBadTagException _) {
      return SrtpVerdict.UNAUTHENTIC;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int rtcpIndexAt(int length) {
    return length - INDEX_BYTES;
  }
}
