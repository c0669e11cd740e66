package crypho.mls;

import crypho.base.Bytes;
import java.util.List;

/// Brings added devices into the group (RFC 9420 §12.4.3.1).
public record Welcome(
    int cipherSuite, List<EncryptedGroupSecrets> secrets, Bytes encryptedGroupInfo)
    implements MlsMessage {

  /// `newMember` is the KeyPackageRef.
  public record EncryptedGroupSecrets(Bytes newMember, HpkeCiphertext sealed) {}
}
