package crypho.server.conversation;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.mls.MemberId;
import crypho.server.account.DeviceDirectory.RegisteredDevice;
import crypho.server.db.Db;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.ClaimKeyPackagesResponse;
import crypho.wire.v1.KeyPackageCount;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Takes key packages from devices, and gives each out once; a device's last resort stays.
final class KeyPackageService {
  private final Db db;
  private final Publisher publisher;
  private final ConversationService.Group group;
  private final KeyPackageShelf shelf;

  KeyPackageService(Db db, Publisher publisher, ConversationService.Group group) {
    this.db = db;
    this.publisher = publisher;
    this.group = group;
    this.shelf = new KeyPackageShelf(group.domain());
  }

  KeyPackageCount upload(
      MemberId caller, List<Bytes> packages, @Nullable Bytes lastResort, Instant now) {
    return db.transact(handle -> {
      var owner = group.devices().find(handle, List.of(caller.device())).get(caller.device());
      if (owner == null) {
        throw RpcException.forbidden();
      }
      for (var each : packages) {
        shelf.store(handle, owner, each, false, now);
      }
      if (lastResort != null) {
        shelf.store(handle, owner, lastResort, true, now);
      }
      KeyPackageShelf.trim(handle, caller.device());
      return count(handle, caller.device(), now);
    });
  }

  KeyPackageCount count(MemberId caller, Instant now) {
    return db.transact(handle -> count(handle, caller.device(), now));
  }

  private static KeyPackageCount count(Handle handle, DeviceId device, Instant now) {
    int available =
        handle
            .createQuery(
                """
                SELECT count(*) FROM key_package
                WHERE device = :device AND NOT is_last_resort AND not_after > :now
                """)
            .bind("device", DeviceCode.of(device))
            .bind("now", OffsetDateTime.ofInstant(now, ZoneOffset.UTC))
            .mapTo(Integer.class)
            .one();
    return KeyPackageCount.newBuilder().setAvailable(available).build();
  }

  private record Claim(ClaimKeyPackagesResponse answer, Set<AccountId> low) {}

  ClaimKeyPackagesResponse claim(
      ConversationId id, MemberId caller, Set<AccountId> accounts, Instant now) {
    var claim = db.transact(handle -> claim(handle, id, caller, accounts, now));
    claim.low().forEach(publisher::keyPackagesLow);
    return claim.answer();
  }

  private Claim claim(
      Handle handle, ConversationId id, MemberId caller, Set<AccountId> accounts, Instant now) {
    var stored = ConversationSql.load(handle, id);
    if (stored == null) {
      throw RpcException.notFound();
    }
    var state = stored.state();
    ConversationService.current(state, caller.account());
    var allowed = new LinkedHashSet<AccountId>();
    var contacts = group.contacts().contactsAmong(handle, caller.account(), accounts);
    for (var account : accounts) {
      boolean belongs = state.currentMember(account) != null;
      if (belongs || (contacts.contains(account) && state.head().kind() == Kind.GROUP)) {
        allowed.add(account);
      }
    }
    var out = ClaimKeyPackagesResponse.newBuilder();
    accounts.stream()
        .filter(account -> !allowed.contains(account))
        .forEach(account -> out.addRefusedAccountIds(account.toString()));
    var wanted = new HashMap<Long, RegisteredDevice>();
    for (var device : group.devices().devicesOf(handle, allowed)) {
      if (!state.leaves().containsKey(device.device())) {
        wanted.put(DeviceCode.of(device.device()), device);
      }
    }
    take(handle, wanted, now, out);
    return new Claim(out.build(), low(handle, wanted, now));
  }

  /// One package a device, deleted as it is given out; two claims at once get different ones.
  private static void take(
      Handle handle,
      Map<Long, RegisteredDevice> wanted,
      Instant now,
      ClaimKeyPackagesResponse.Builder out) {
    var left = new HashSet<>(wanted.keySet());
    var at = OffsetDateTime.ofInstant(now, ZoneOffset.UTC);
    handle
        .createQuery(
            """
            DELETE FROM key_package WHERE row_id IN (
              SELECT next.row_id FROM unnest(:devices::bigint[]) AS wanted (device),
              LATERAL (
                SELECT k.row_id FROM key_package k
                WHERE k.device = wanted.device AND NOT k.is_last_resort AND k.not_after > :now
                ORDER BY k.row_id LIMIT 1 FOR UPDATE SKIP LOCKED
              ) next)
            RETURNING device, key_package
            """)
        .bindBySqlType("devices", Columns.longs(handle, left), Types.ARRAY)
        .bind("now", at)
        .map((rs, _) -> Map.entry(rs.getLong("device"), rs.getBytes("key_package")))
        .forEach(found -> {
          left.remove(found.getKey());
          add(out, wanted, found);
        });
    if (!left.isEmpty()) {
      handle
          .createQuery(
              """
              SELECT device, key_package FROM key_package
              WHERE device = ANY (:devices) AND is_last_resort AND not_after > :now
              """)
          .bindBySqlType("devices", Columns.longs(handle, left), Types.ARRAY)
          .bind("now", at)
          .map((rs, _) -> Map.entry(rs.getLong("device"), rs.getBytes("key_package")))
          .forEach(found -> add(out, wanted, found));
    }
  }

  private static void add(
      ClaimKeyPackagesResponse.Builder out,
      Map<Long, RegisteredDevice> wanted,
      Map.Entry<Long, byte[]> found) {
    var device = wanted.get(found.getKey());
    if (device != null) {
      out.addClaimed(
          ClaimKeyPackagesResponse.Claimed.newBuilder()
              .setAccountId(device.account().toString())
              .setDeviceId(device.device().hex())
              .setKeyPackage(ByteString.copyFrom(found.getValue())));
    }
  }

  private static Set<AccountId> low(
      Handle handle, Map<Long, RegisteredDevice> wanted, Instant now) {
    var enough =
        new HashSet<>(
            handle
                .createQuery(
                    """
                    SELECT device FROM key_package
                    WHERE device = ANY (:devices) AND NOT is_last_resort AND not_after > :now
                    GROUP BY device HAVING count(*) >= :low
                    """)
                .bindBySqlType("devices", Columns.longs(handle, wanted.keySet()), Types.ARRAY)
                .bind("now", OffsetDateTime.ofInstant(now, ZoneOffset.UTC))
                .bind("low", Limits.KEY_PACKAGES_LOW)
                .mapTo(Long.class)
                .list());
    var out = new LinkedHashSet<AccountId>();
    wanted.forEach((code, device) -> {
      if (!enough.contains(code)) {
        out.add(device.account());
      }
    });
    return out;
  }

  /// Deletes what has expired.
  void purge(Instant now) {
    db.run(handle ->
        handle
            .createUpdate("DELETE FROM key_package WHERE not_after <= :now")
            .bind("now", OffsetDateTime.ofInstant(now, ZoneOffset.UTC))
            .execute());
  }

  /// The packages of a device that is no longer registered.
  static void drop(Handle handle, DeviceId device) {
    handle
        .createUpdate("DELETE FROM key_package WHERE device = :device")
        .bind("device", DeviceCode.of(device))
        .execute();
  }
}
