package crypho.client;

import com.google.protobuf.ByteString;
import crypho.base.Rng;
import crypho.client.crypto.OpenException;
import crypho.client.keys.KeyChain;
import crypho.client.message.EpochRef;
import crypho.client.rpc.RpcClient;
import crypho.client.rpc.RpcFailure;
import crypho.client.vault.VaultCodec;
import crypho.wire.v1.ConversationKey;
import crypho.wire.v1.PutVaultRequest;
import crypho.wire.v1.PutVaultResponse;
import crypho.wire.v1.ReadVaultRequest;
import crypho.wire.v1.ReadVaultResponse;
import crypho.wire.v1.VaultRecord;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The account's conversation keys, here and in its vault on the server.
final class KeyVault {
  private static final String VAULT = "crypho.v1.VaultService/";
  private static final int TRIES_MAX = 5;

  private final RpcClient rpc;
  private final VaultCodec codec;

  /// By entry name, with the revision that the server has.
  private final Map<String, Held> held = new HashMap<>();

  private long readUpTo;

  private record Held(ConversationKey key, long revision) {}

  KeyVault(RpcClient rpc, KeyChain keys, Rng rng) {
    this.rpc = rpc;
    this.codec = new VaultCodec(keys, rng);
  }

  /// The key if it is known here.
  Optional<ConversationKey> key(EpochRef epoch) {
    return Optional.ofNullable(held.get(name(epoch))).map(Held::key);
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
          try {
            merge(codec.open(entry), entry.getRevision());
          } catch (OpenException e) {
            throw new ClientException("the vault", e);
          }
        }
      }
    } while (page.getHasMore());
  }

  /// Keeps a key, here and on the server. One from the group beats one from a deposit.
  void put(EpochRef epoch, byte[] key, boolean isFromDeposit)
      throws IOException, RpcFailure, ClientException {
    var name = name(epoch);
    var wanted =
        ConversationKey.newBuilder()
            .setKey(ByteString.copyFrom(key))
            .setIsFromDeposit(isFromDeposit)
            .build();
    for (var tries = 0; tries < TRIES_MAX; tries++) {
      var known = held.get(name);
      if (known != null && !isBetter(wanted, known.key)) {
        return;
      }
      var record = VaultRecord.newBuilder().setName(name).setConversationKey(wanted).build();
      var entry = codec.seal(record, known == null ? 0 : known.revision);
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
    if (record.hasConversationKey()) {
      held.put(record.getName(), new Held(record.getConversationKey(), revision));
    }
  }

  private static boolean isBetter(ConversationKey wanted, ConversationKey known) {
    return known.getIsFromDeposit() && !wanted.getIsFromDeposit();
  }

  private static String name(EpochRef epoch) {
    return "key/" + epoch.conversation() + "/" + epoch.generation() + "/" + epoch.epoch();
  }
}
