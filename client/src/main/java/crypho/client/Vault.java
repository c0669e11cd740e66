package crypho.client;

import com.google.protobuf.ByteString;
import crypho.base.Rng;
import crypho.client.crypto.OpenException;
import crypho.client.message.EpochRef;
import crypho.client.rpc.RpcClient;
import crypho.client.rpc.RpcFailure;
import crypho.client.vault.VaultCodec;
import crypho.wire.v1.ConversationKey;
import crypho.wire.v1.PutVaultRequest;
import crypho.wire.v1.PutVaultResponse;
import crypho.wire.v1.ReadVaultRequest;
import crypho.wire.v1.ReadVaultResponse;
import crypho.wire.v1.VaultEntry;
import crypho.wire.v1.VaultRecord;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The account's records, here and in its vault on the server: conversation keys and others'
/// identity keys. What it holds besides is other clients'.
final class Vault {
  private static final String VAULT = "crypho.v1.VaultService/";
  private static final int TRIES_MAX = 5;

  private final RpcClient rpc;
  private final OwnKeys keys;
  private final Rng rng;

  /// By entry name, with the revision that the server has.
  private final Map<String, Held> held = new HashMap<>();

  private long readUpTo;

  private record Held(VaultRecord record, long revision) {}

  Vault(RpcClient rpc, OwnKeys keys, Rng rng) {
    this.rpc = rpc;
    this.keys = keys;
    this.rng = rng;
  }

  /// The record if it is known here.
  Optional<VaultRecord> record(String name) {
    return Optional.ofNullable(held.get(name)).map(Held::record);
  }

  /// The key if it is known here.
  Optional<ConversationKey> key(EpochRef epoch) {
    return record(name(epoch)).map(VaultRecord::getConversationKey);
  }

  /// Reads what other devices have put there.
  void read() throws IOException, RpcFailure, ClientException {
    ReadVaultResponse page;
    do {
      var request = ReadVaultRequest.newBuilder().setAfterRevision(readUpTo).build();
      page = rpc.call(VAULT + "ReadVault", request, ReadVaultResponse.parser());
      for (var entry : page.getEntriesList()) {
        readUpTo = Math.max(readUpTo, entry.getRevision());
        if (!entry.getValue().isEmpty()) {
          merge(open(entry), entry.getRevision());
        }
      }
    } while (page.getHasMore());
  }

  /// By the account keys as they are known here, or else as they are by now.
  private VaultRecord open(VaultEntry entry) throws IOException, RpcFailure, ClientException {
    try {
      return new VaultCodec(keys.chain(), rng).open(entry);
    } catch (OpenException e) {
      keys.refresh();
    }
    try {
      return new VaultCodec(keys.chain(), rng).open(entry);
    } catch (OpenException e) {
      throw new ClientException("the vault", e);
    }
  }

  /// Keeps a key, here and on the server. One from the group beats one from a deposit.
  void putKey(EpochRef epoch, byte[] key, boolean isFromDeposit)
      throws IOException, RpcFailure, ClientException {
    put(
        VaultRecord.newBuilder()
            .setName(name(epoch))
            .setConversationKey(
                ConversationKey.newBuilder()
                    .setKey(ByteString.copyFrom(key))
                    .setIsFromDeposit(isFromDeposit))
            .build());
  }

  /// Keeps a record, here and on the server, unless there is one that is as good.
  void put(VaultRecord wanted) throws IOException, RpcFailure, ClientException {
    var name = wanted.getName();
    for (var tries = 0; tries < TRIES_MAX; tries++) {
      var known = held.get(name);
      if (known != null && !isBetter(wanted, known.record)) {
        return;
      }
      var revision = known == null ? 0 : known.revision;
      var entry = new VaultCodec(keys.chain(), rng).seal(wanted, revision);
      var answer =
          rpc.call(
              VAULT + "PutVault",
              PutVaultRequest.newBuilder().addEntries(entry).build(),
              PutVaultResponse.parser());
      if (answer.hasStored()) {
        held.put(name, new Held(wanted, answer.getStored().getRevisions(0)));
        return;
      }
      read();
    }
    throw new ClientException("the vault changes too fast");
  }

  private void merge(VaultRecord record, long revision) {
    if (record.hasConversationKey() || record.hasKnownIdentity()) {
      held.put(record.getName(), new Held(record, revision));
    }
  }

  /// An identity key stays the one first seen.
  private static boolean isBetter(VaultRecord wanted, VaultRecord known) {
    return wanted.hasConversationKey()
        && known.getConversationKey().getIsFromDeposit()
        && !wanted.getConversationKey().getIsFromDeposit();
  }

  private static String name(EpochRef epoch) {
    return "key/" + epoch.conversation() + "/" + epoch.generation() + "/" + epoch.epoch();
  }
}
