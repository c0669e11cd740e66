package crypho.server.account;

import crypho.base.Bytes;
import crypho.server.rpc.Access;
import crypho.server.rpc.Call;
import crypho.server.rpc.RateLimit;
import crypho.server.rpc.RpcException;
import crypho.server.rpc.RpcRegistry;
import crypho.wire.v1.PutVaultRequest;
import crypho.wire.v1.PutVaultResponse;
import crypho.wire.v1.ReadVaultRequest;
import crypho.wire.v1.ReadVaultResponse;
import crypho.wire.v1.VaultEntry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/// The methods of VaultService.
final class VaultRoutes {
  static final int ENTRIES_PUT_MAX = 500;
  static final int VALUE_BYTES_MAX = 64 * 1024;
  static final int PUT_BYTES_MAX = 4 * 1024 * 1024;
  static final int ENTRIES_READ_MAX = 1_000;
  private static final int ENTRIES_READ_DEFAULT = 500;
  private static final int KEY_BYTES = 32;

  /// Values, and room for keys, revisions and their framing.
  private static final int BODY_BYTES_MAX = PUT_BYTES_MAX + 64 * 1024;

  private static final String SERVICE = "VaultService";

  private final VaultService vault;

  VaultRoutes(VaultService vault) {
    this.vault = vault;
  }

  void addTo(RpcRegistry registry) {
    registry.add(
        SERVICE,
        "PutVault",
        PutVaultRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.ORDINARY,
        BODY_BYTES_MAX,
        this::put);
    registry.add(
        SERVICE,
        "ReadVault",
        ReadVaultRequest.getDefaultInstance(),
        Access.SESSION,
        RateLimit.ORDINARY,
        this::read);
  }

  private PutVaultResponse put(Call call, PutVaultRequest request) {
    var response = PutVaultResponse.newBuilder();
    switch (vault.put(call.caller(), entries(request))) {
      case VaultService.PutOutcome.Stored stored ->
          response.getStoredBuilder().addAllRevisions(stored.revisions());
      case VaultService.PutOutcome.Conflict conflict ->
          response
              .getConflictBuilder()
              .addAllCurrent(conflict.current().stream().map(VaultRoutes::entry).toList());
    }
    return response.build();
  }

  private static List<VaultStore.Entry> entries(PutVaultRequest request) {
    if (request.getEntriesCount() > ENTRIES_PUT_MAX) {
      throw RpcException.tooLarge("entries", ENTRIES_PUT_MAX);
    }
    if (request.getEntriesCount() == 0) {
      throw RpcException.invalid("entries");
    }
    var entries = new ArrayList<VaultStore.Entry>();
    var keys = new HashSet<Bytes>();
    int bytes = 0;
    for (var entry : request.getEntriesList()) {
      var key = Fields.exactly("entries.key", entry.getKey(), KEY_BYTES);
      var value = Fields.atMost("entries.value", entry.getValue(), VALUE_BYTES_MAX);
      if (!keys.add(key)) {
        throw RpcException.invalid("entries.key");
      }
      if (entry.getRevision() < 0) {
        throw RpcException.invalid("entries.revision");
      }
      bytes += value.size();
      entries.add(new VaultStore.Entry(key, value, entry.getRevision()));
    }
    if (bytes > PUT_BYTES_MAX) {
      throw RpcException.tooLarge("entries", PUT_BYTES_MAX);
    }
    return entries;
  }

  private ReadVaultResponse read(Call call, ReadVaultRequest request) {
    if (request.getAfterRevision() < 0) {
      throw RpcException.invalid("after_revision");
    }
    int asked = Fields.number("limit", request.getLimit(), 0, ENTRIES_READ_MAX);
    int limit = asked == 0 ? ENTRIES_READ_DEFAULT : asked;
    var page = vault.read(call.caller(), request.getAfterRevision(), limit);
    return ReadVaultResponse.newBuilder()
        .addAllEntries(page.entries().stream().map(VaultRoutes::entry).toList())
        .setHasMore(page.hasMore())
        .build();
  }

  private static VaultEntry entry(VaultStore.Entry entry) {
    return VaultEntry.newBuilder()
        .setKey(AccountCodec.bytes(entry.key()))
        .setValue(AccountCodec.bytes(entry.value()))
        .setRevision(entry.revision())
        .build();
  }
}
