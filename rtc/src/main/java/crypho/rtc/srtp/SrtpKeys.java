package crypho.rtc.srtp;

import crypho.base.Invariant;
import crypho.base.Secret;
import java.util.Arrays;

/// The master keys and salts of one transport: `send` is for what we write, `receive` for what the
/// peer writes.
public record SrtpKeys(
    SrtpProfile profile, Secret sendKey, Secret sendSalt, Secret receiveKey, Secret receiveSalt)
    implements AutoCloseable {
  public SrtpKeys {
    Invariant.check(
        sendKey.size() == profile.keyBytes()
            && receiveKey.size() == profile.keyBytes()
            && sendSalt.size() == profile.saltBytes()
            && receiveSalt.size() == profile.saltBytes(),
        "keys and salts have their profile's lengths");
  }

  /// Splits what DTLS exported for `EXTRACTOR-dtls_srtp` (RFC 5764 §4.2): client key, server key,
  /// client salt, server salt. The caller wipes `exported`.
  public static SrtpKeys split(SrtpProfile profile, byte[] exported, boolean weAreServer) {
    Invariant.check(
        exported.length == profile.keyingMaterialBytes(),
        "exported keying material has its profile's length");
    var key = profile.keyBytes();
    var salt = profile.saltBytes();
    var clientKey = slice(exported, 0, key);
    var serverKey = slice(exported, key, key);
    var clientSalt = slice(exported, 2 * key, salt);
    var serverSalt = slice(exported, 2 * key + salt, salt);
    return weAreServer
        ? new SrtpKeys(profile, serverKey, serverSalt, clientKey, clientSalt)
        : new SrtpKeys(profile, clientKey, clientSalt, serverKey, serverSalt);
  }

  private static Secret slice(byte[] source, int offset, int length) {
    return Secret.wrap(Arrays.copyOfRange(source, offset, offset + length));
  }

  @Override
  public void close() {
    sendKey.close();
    sendSalt.close();
    receiveKey.close();
    receiveSalt.close();
  }
}
