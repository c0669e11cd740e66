package crypho.rtc.srtp;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// The JDK's cipher. Each packet is one `init`, which allocates about a kilobyte inside the JDK (it
/// computes its hash tables anew); what lies outside it is reused.
final class JdkGcm implements Gcm {
  private final Cipher cipher;
  private final SecretKey key;

  /// Two, in turn: the JDK compares the nonce of an encryption with the array of the one before.
  private final Nonce even = new Nonce();

  private final Nonce odd = new Nonce();
  private boolean isOdd;

  JdkGcm(byte[] key) {
    this.key = new SecretKeySpec(key, "AES");
    Arrays.fill(key, (byte) 0);
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

  @Override
  public void begin(boolean isSealing, byte[] nonce) {
    isOdd = !isOdd;
    var next = isOdd ? odd : even;
    System.arraycopy(nonce, 0, next.value, 0, NONCE_BYTES);
    try {
      cipher.init(isSealing ? Cipher.ENCRYPT_MODE : Cipher.DECRYPT_MODE, key, next);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void aad(byte[] data, int offset, int length) {
    cipher.updateAAD(data, offset, length);
  }

  @Override
  public int seal(byte[] in, int offset, int length, byte[] out, int outOffset) {
    try {
      return cipher.doFinal(in, offset, length, out, outOffset);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int open(byte[] in, int offset, int length, byte[] out, int outOffset) {
    try {
      return cipher.doFinal(in, offset, length, out, outOffset);
    } catch (AEADBadTagException _) {
      return SrtpVerdict.UNAUTHENTIC;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
