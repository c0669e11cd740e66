package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;

/// Takes the key packages that come with a new device, in the transaction that registers it. The
/// conversation feature checks and stores them.
@FunctionalInterface
public interface KeyPackageSink {
  /// @param mlsSignatureKey the device's Ed25519 key, in which every package must be signed
  /// @param packages MLSMessages, one to a hundred; the last one is the last resort
  /// @throws crypho.server.rpc.RpcException INVALID or MALFORMED where one of them does not hold
  void store(
      Handle transaction,
      AccountId account,
      DeviceId device,
      Bytes mlsSignatureKey,
      List<Bytes> packages,
      Instant now);
}
