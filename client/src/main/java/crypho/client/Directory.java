package crypho.client;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.client.keys.DeviceKeys;
import crypho.client.mls.Leaf;
import crypho.client.rpc.RpcClient;
import crypho.client.rpc.RpcFailure;
import crypho.wire.v1.AccountEntry;
import crypho.wire.v1.Device;
import crypho.wire.v1.GetAccountsRequest;
import crypho.wire.v1.GetAccountsResponse;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Other accounts' keys, as far as their identities vouch for them. An identity key is pinned when
/// first seen: one that changes later is refused for as long as the session lives.
final class Directory {
  private static final int ACCOUNTS_A_CALL = 200;

  private final RpcClient rpc;
  private final Map<AccountId, AccountEntry> entries = new HashMap<>();

  /// Certified devices ever seen, so that messages of unlinked ones stay readable.
  private final Map<DeviceId, Device> devices = new HashMap<>();

  Directory(RpcClient rpc) {
    this.rpc = rpc;
  }

  /// Reads entries again.
  void refresh(Collection<AccountId> accounts) throws IOException, RpcFailure, ClientException {
    var all = List.copyOf(accounts);
    for (var from = 0; from < all.size(); from += ACCOUNTS_A_CALL) {
      var request = GetAccountsRequest.newBuilder();
      all.subList(from, Math.min(all.size(), from + ACCOUNTS_A_CALL))
          .forEach(account -> request.addAccountIds(account.toString()));
      var answer =
          rpc.call(
              "crypho.v1.AccountService/GetAccounts",
              request.build(),
              GetAccountsResponse.parser());
      for (var entry : answer.getAccountsList()) {
        put(entry);
      }
    }
  }

  private void put(AccountEntry entry) throws ClientException {
    var account = AccountId.parse(entry.getAccountId());
    var known = entries.get(account);
    if (entry.getIdentityPublicKey().isEmpty()) {
      return; // someone of whom this account may know the name only, until they are contacts
    }
    if (known != null && !known.getIdentityPublicKey().equals(entry.getIdentityPublicKey())) {
      throw new ClientException("an identity key has changed");
    }
    entries.put(account, entry);
    var identity = Bytes.wrap(entry.getIdentityPublicKey().toByteArray());
    for (var device : entry.getDevicesList()) {
      if (DeviceKeys.isCertified(account, identity, device)) {
        devices.put(new DeviceId(device.getDeviceId()), device);
      }
    }
  }

  /// The entry, read if it is not known yet; empty where the server does not give it.
  Optional<AccountEntry> account(AccountId account)
      throws IOException, RpcFailure, ClientException {
    if (!entries.containsKey(account)) {
      refresh(List.of(account));
    }
    return Optional.ofNullable(entries.get(account));
  }

  /// The key that signs a device's messages; empty where nobody vouches for the device.
  Optional<Bytes> signingKey(AccountId account, DeviceId device)
      throws IOException, RpcFailure, ClientException {
    if (!devices.containsKey(device)) {
      refresh(List.of(account));
    }
    return Optional.ofNullable(devices.get(device))
        .filter(known -> belongs(account, known))
        .map(known -> Bytes.wrap(known.getSigningKey().toByteArray()));
  }

  /// Every leaf is a certified device of the account that its identity names.
  ///
  /// @throws ClientException where one is not: a ghost, or a swapped key
  void check(Collection<Leaf> leaves) throws IOException, RpcFailure, ClientException {
    if (!leaves.stream().allMatch(this::isCertified)) {
      refresh(leaves.stream().map(Leaf::account).distinct().toList());
    }
    for (var leaf : leaves) {
      if (!isCertified(leaf)) {
        throw new ClientException("a member device that nobody vouches for");
      }
    }
  }

  private boolean isCertified(Leaf leaf) {
    var device = devices.get(leaf.device());
    return device != null
        && belongs(leaf.account(), device)
        && leaf.signatureKey().equals(Bytes.wrap(device.getMlsSignatureKey().toByteArray()));
  }

  private boolean belongs(AccountId account, Device device) {
    var entry = entries.get(account);
    return entry != null
        && DeviceKeys.isCertified(
            account, Bytes.wrap(entry.getIdentityPublicKey().toByteArray()), device);
  }
}
