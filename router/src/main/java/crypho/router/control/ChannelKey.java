package crypho.router.control;

import crypho.base.Secret;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Proves to each side of a control channel that the other knows the shared secret: HMAC-SHA-256
/// over a label of the side, the version and both nonces. Nothing is sent from which the secret or
/// a proof for another connection could be made.
final class ChannelKey {
  static final int VERSION = 1;
  static final int NONCE_BYTES = 32;

  /// A secret shorter than this could be guessed from one recorded handshake.
  static final int SECRET_BYTES_MIN = 32;

  private final Secret secret;

  ChannelKey(Secret secret) {
    if (secret.size() < SECRET_BYTES_MIN) {
      throw new IllegalArgumentException("the secret has at least " + SECRET_BYTES_MIN + " bytes");
    }
    this.secret = secret;
  }

  byte[] callerProof(byte[] callerNonce, byte[] routerNonce) {
    return proof("crypho router v1 caller", callerNonce, routerNonce);
  }

  byte[] routerProof(byte[] callerNonce, byte[] routerNonce) {
    return proof("crypho router v1 router", callerNonce, routerNonce);
  }

  static boolean matches(byte[] expected, byte[] given) {
    return MessageDigest.isEqual(expected, given);
  }

  private byte[] proof(String label, byte[] callerNonce, byte[] routerNonce) {
    var key = secret.reveal();
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      mac.update(label.getBytes(StandardCharsets.US_ASCII));
      mac.update(ByteBuffer.allocate(4).putInt(VERSION).array());
      mac.update(callerNonce);
      mac.update(routerNonce);
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }
}
