package crypho.server.conversation;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.mls.CommitBundle;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Set;
import java.util.UUID;

/// A request to turn the epoch whose fields have the form that the contract says.
///
/// @param epoch from which the commit starts
record CommitRequestIn(
    int generation,
    long epoch,
    CommitBundle bundle,
    Set<AccountId> added,
    Set<AccountId> removed,
    boolean sharesHistory) {

  /// By which the same commit sent again is recognised.
  UUID clientId() {
    return fingerprint(bundle.commit());
  }

  /// The first half of SHA-256.
  static UUID fingerprint(Bytes bytes) {
    try {
      var digest = MessageDigest.getInstance("SHA-256").digest(bytes.toArray());
      return Entry.toId(ByteString.copyFrom(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is in every JDK", e);
    }
  }
}
