package crypho.client;

import com.google.protobuf.ByteString;
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
import crypho.wire.v1.KnownIdentity;
import crypho.wire.v1.VaultRecord;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Other accounts' keys, as far as their identities vouch for them. An identity key is pinned in
/// the vault when any of the account's devices first sees it: one that changes later is refused.
final class Directory {
  private static final int ACCOUNTS_A_CALL = 200;
  private static final int FORMER_A_CALL = 200;
  private static final int IDENTITY_BYTES = 32;

  private final RpcClient rpc;
  private final OwnKeys own;
  private final Vault vault;
  private final InstantSource clock;
  private final Map<AccountId, AccountEntry> entries = new HashMap<>();

  /// Certified devices ever seen, so that messages of unlinked ones stay readable.
  private final Map<DeviceId, Device> devices = new HashMap<>();

  Directory(RpcClient rpc, OwnKeys own, Vault vault, InstantSource clock) {
    this.rpc = rpc;
    this.own = own;
    this.vault = vault;
    this.clock = clock;
  }

  /// Reads entries again.
  void refresh(Collection<AccountId> accounts) throws IOException, RpcFailure, ClientException {
    refresh(accounts, List.of());
  }

  /// As above, with the certificates of these devices where they are not linked any more.
  private void refresh(Collection<AccountId> accounts, Collection<DeviceId> former)
      throws IOException, RpcFailure, ClientException {
    var all = List.copyOf(accounts);
    for (var from = 0; from < all.size(); from += ACCOUNTS_A_CALL) {
      var request =
          GetAccountsRequest.newBuilder()
              .addAllFormerDeviceIds(
                  former.stream().limit(FORMER_A_CALL).map(DeviceId::hex).toList());
      all.subList(from, Math.min(all.size(), from + ACCOUNTS_A_CALL))
          .forEach(account -> request.addAccountIds(account.toString()));
      var answer =
          rpc.insist(
              "crypho.v1.AccountService/GetAccounts",
              request.build(),
              GetAccountsResponse.parser());
      for (var entry : answer.getAccountsList()) {
        put(entry);
      }
    }
  }

  private void put(AccountEntry entry) throws IOException, RpcFailure, ClientException {
    var account = AccountId.parse(entry.getAccountId());
    var identity = Bytes.wrap(entry.getIdentityPublicKey().toByteArray());
    if (identity.size() != IDENTITY_BYTES) {
      throw new ClientException("an account without an identity key");
    }
    if (!identity.equals(pinned(account, identity))) {
      throw new ClientException("an identity key has changed");
    }
    entries.put(account, entry);
    for (var listed : List.of(entry.getDevicesList(), entry.getFormerDevicesList())) {
      for (var device : listed) {
        if (DeviceKeys.isCertified(account, identity, device)) {
          devices.put(new DeviceId(device.getDeviceId()), device);
        }
      }
    }
  }

  private Bytes pinned(AccountId account, Bytes seen)
      throws IOException, RpcFailure, ClientException {
    if (account.equals(own.account())) {
      return own.chain().identity().publicKey();
    }
    var name = "identity/" + account;
    if (vault.record(name).isEmpty()) {
      vault.read();
    }
    if (vault.record(name).isEmpty()) {
      vault.put(
          VaultRecord.newBuilder()
              .setName(name)
              .setKnownIdentity(
                  KnownIdentity.newBuilder()
                      .setIdentityPublicKey(ByteString.copyFrom(seen.asBuffer()))
                      .setFirstSeenMs(clock.millis()))
              .build());
    }
    var pinned = vault.record(name).map(VaultRecord::getKnownIdentity).orElseThrow();
    return Bytes.wrap(pinned.getIdentityPublicKey().toByteArray());
  }

  /// Whether the account has the device now, as far as was last read.
  boolean isLinked(AccountId account, DeviceId device) {
    var entry = entries.get(account);
    return entry != null
        && entry.getDevicesList().stream()
            .anyMatch(each -> each.getDeviceId().equals(device.hex()));
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
      refresh(List.of(account), List.of(device));
    }
    return Optional.ofNullable(devices.get(device))
        .filter(known -> belongs(account, known))
        .map(known -> Bytes.wrap(known.getSigningKey().toByteArray()));
  }

  /// Every leaf is a certified device of the account that its identity names.
  ///
  /// @throws ClientException where one is not: a ghost, or a swapped key
  void check(Collection<Leaf> leaves) throws IOException, RpcFailure, ClientException {
    var strangers = leaves.stream().filter(leaf -> !isCertified(leaf)).toList();
    for (var from = 0; from < strangers.size(); from += FORMER_A_CALL) {
      var some = strangers.subList(from, Math.min(strangers.size(), from + FORMER_A_CALL));
      refresh(
          some.stream().map(Leaf::account).distinct().toList(),
          some.stream().map(Leaf::device).toList());
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
