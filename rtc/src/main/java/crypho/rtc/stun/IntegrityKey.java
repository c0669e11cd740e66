package crypho.rtc.stun;

import crypho.base.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// The key of MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 (RFC 8489 §9, §14.5, §14.6), with its
/// MACs keyed once. One owner thread.
///
/// Passwords and user names are taken as they are: ours are made of ICE or base64 characters, on
/// which OpaqueString changes nothing.
public final class IntegrityKey {
  static final int SHA1_BYTES = 20;
  static final int SHA256_BYTES = 32;
  static final int SHA256_BYTES_MIN = 16;

  private static final String SHA1 = "HmacSHA1";
  private static final String SHA256 = "HmacSHA256";

  private final SecretKeySpec key;
  private final Mac sha1;
  private @Nullable Mac sha256;
  private final byte[] lengthField = new byte[2];
  private final byte[] tag = new byte[SHA256_BYTES];

  private IntegrityKey(byte[] key) {
    this.key = new SecretKeySpec(key, SHA1);
    Arrays.fill(key, (byte) 0);
    this.sha1 = keyed(SHA1);
  }

  /// The password is the key (RFC 8489 §9.1.1).
  public static IntegrityKey shortTerm(Secret password) {
    return new IntegrityKey(password.reveal());
  }

  /// `MD5(username ":" realm ":" password)` (RFC 8489 §9.2.2): what every TURN client in use does.
  public static IntegrityKey longTerm(String username, String realm, Secret password) {
    return new IntegrityKey(longTermDigest("MD5", username, realm, password));
  }

  /// `SHA-256(username ":" realm ":" password)`, for PASSWORD-ALGORITHM SHA-256.
  public static IntegrityKey longTermSha256(String username, String realm, Secret password) {
    return new IntegrityKey(longTermDigest("SHA-256", username, realm, password));
  }

  private static byte[] longTermDigest(
      String algorithm, String username, String realm, Secret password) {
    var revealed = password.reveal();
    try {
      var digest = MessageDigest.getInstance(algorithm);
      digest.update((username + ":" + realm + ":").getBytes(StandardCharsets.UTF_8));
      return digest.digest(revealed);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + algorithm, e);
    } finally {
      Arrays.fill(revealed, (byte) 0);
    }
  }

  /// The MAC of the message at `offset` up to its integrity attribute at `attribute`, with the
  /// length field as if the message ended after that attribute's `valueBytes`. Valid until the next
  /// call.
  byte[] tag(boolean isSha256, byte[] data, int offset, int attribute, int valueBytes) {
    var mac = isSha256 ? sha256() : sha1;
    int covered = attribute - offset;
    Stun.putUint16(lengthField, 0, covered - Stun.HEADER_BYTES + 4 + valueBytes);
    mac.update(data, offset, 2);
    mac.update(lengthField, 0, 2);
    mac.update(data, offset + 4, covered - 4);
    try {
      mac.doFinal(tag, 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the tag has room for either digest", e);
    }
    return tag;
  }

  private Mac sha256() {
    var made = sha256;
    if (made == null) {
      made = keyed(SHA256);
      sha256 = made;
    }
    return made;
  }

  private Mac keyed(String algorithm) {
    try {
      var mac = Mac.getInstance(algorithm);
      mac.init(key);
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + algorithm, e);
    }
  }

  @Override
  public String toString() {
    return "IntegrityKey[]";
  }
}
