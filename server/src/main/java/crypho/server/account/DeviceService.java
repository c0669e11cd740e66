package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.server.db.AfterCommit;
import crypho.server.db.Db;
import crypho.server.notify.api.MailQueue.Template;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/// Devices, and the account key's generations that follow them.
final class DeviceService {
  static final int DEVICES_MAX = 20;

  /// A device that wants to be linked, checked for form.
  record Registration(DeviceKeys keys, Bytes sealedName, WayIn wayIn, List<Bytes> keyPackages) {
    Registration {
      keyPackages = List.copyOf(keyPackages);
    }
  }

  /// How linking went.
  sealed interface RegisterOutcome {
    record Registered() implements RegisterOutcome {}

    record StaleKey() implements RegisterOutcome {}

    record TooManyDevices(int devicesMax) implements RegisterOutcome {}
  }

  /// How a rotation went.
  sealed interface RotateOutcome {
    record Rotated() implements RotateOutcome {}

    record Conflict(AccountKeySet current, List<WayIn> waysIn) implements RotateOutcome {
      public Conflict {
        waysIn = List.copyOf(waysIn);
      }
    }
  }

  private final Db db;
  private final Stores stores;
  private final SessionService sessions;
  private final KeyPackageSink keyPackages;
  private final AccountNews news;
  private final Mailer mailer;

  DeviceService(
      Db db,
      Stores stores,
      SessionService sessions,
      KeyPackageSink keyPackages,
      AccountNews news,
      Mailer mailer) {
    this.db = db;
    this.stores = stores;
    this.sessions = sessions;
    this.keyPackages = keyPackages;
    this.news = news;
    this.mailer = mailer;
  }

  /// Links a device and binds the session to it. The same call again, after a lost answer, is
  /// answered alike.
  RegisterOutcome register(Caller caller, Registration registration, Instant now) {
    return db.transactThen((transaction, after) -> {
      var account = lock(transaction, caller.account());
      var session = stores.sessions().find(transaction, caller.session());
      if (session == null) {
        throw RpcException.unauthenticated();
      }
      var keys = registration.keys();
      if (session.deviceOrNull() != null) {
        return again(transaction, session.deviceOrNull(), keys);
      }
      if (registration.wayIn().generation() != account.keys().generation()) {
        return new RegisterOutcome.StaleKey();
      }
      checkCertificate(account, registration);
      var linked = stores.devices().ofAccounts(transaction, List.of(account.id()));
      if (linked.size() >= DEVICES_MAX) {
        return new RegisterOutcome.TooManyDevices(DEVICES_MAX);
      }
      if (stores.devices().isAnyTaken(transaction, keys)) {
        throw RpcException.invalid("device");
      }
      link(transaction, after, account, session, registration, now);
      return new RegisterOutcome.Registered();
    });
  }

  private void link(
      Handle transaction,
      AfterCommit after,
      Account account,
      Session session,
      Registration registration,
      Instant now) {
    var keys = registration.keys();
    boolean isShared = session.isSharedComputer();
    var name = registration.sealedName();
    var device = new LinkedDevice(account.id(), keys, name, isShared, now, now);
    stores.devices().insert(transaction, device);
    stores.accounts().putWayIn(transaction, account.id(), registration.wayIn());
    keyPackages.store(
        transaction,
        account.id(),
        keys.device(),
        keys.mlsSignatureKey(),
        registration.keyPackages(),
        now);
    sessions.bind(transaction, after, session, keys.device(), now);
    if (account.firstDeviceAt() == null) {
      stores.accounts().setFirstDeviceAt(transaction, account.id(), now);
    } else {
      mailer.notice(transaction, Template.NEW_DEVICE, account, now);
    }
    news.keysChanged(transaction, after, account.id());
  }

  private RegisterOutcome again(Handle transaction, DeviceId bound, DeviceKeys keys) {
    var device = stores.devices().find(transaction, bound);
    if (device == null || !device.keys().equals(keys)) {
      throw RpcException.invalid("device.device_id");
    }
    return new RegisterOutcome.Registered();
  }

  private static void checkCertificate(Account account, Registration registration) {
    var identity = account.keys().identityPublicKey();
    var wayIn = registration.wayIn();
    var keys = registration.keys();
    if (!KeyRules.isDeviceCertified(identity, account.id(), keys)) {
      throw RpcException.invalid("device.certificate");
    }
    if (!wayIn.name().equals(WayIn.Name.of(keys.device()))) {
      throw RpcException.invalid("unlock.id");
    }
    if (!wayIn.publicKey().equals(keys.unlockKey())) {
      throw RpcException.invalid("unlock.public_key");
    }
    if (!wayIn.isSignedFor(account.id(), identity)) {
      throw RpcException.invalid("unlock.signature");
    }
  }

  List<LinkedDevice> list(Caller caller) {
    return db.transact(
        transaction -> stores.devices().ofAccounts(transaction, List.of(caller.account())));
  }

  /// Unlinks another device of the account, and returns every remaining way in. One that is gone
  /// already is answered alike, so that a client whose answer was lost can go on.
  List<WayIn> unlink(Caller caller, DeviceId device, Instant now) {
    if (device.equals(caller.device())) {
      // This device ends by logging out; it could not seal a new account key afterwards.
      throw RpcException.invalid("device_id");
    }
    return db.transactThen((transaction, after) -> {
      lock(transaction, caller.account());
      requireLinked(transaction, caller);
      sessions.unlink(transaction, after, caller.account(), device, now);
      return stores.accounts().waysIn(transaction, caller.account());
    });
  }

  /// Takes the next generation of the account key, if it is the next and is sealed to every
  /// remaining way in and to no other.
  RotateOutcome rotate(Caller caller, AccountKeySet next, List<WayIn> sealed) {
    return db.transactThen((transaction, after) -> {
      var account = lock(transaction, caller.account());
      requireLinked(transaction, caller);
      var current = account.keys();
      var waysIn = stores.accounts().waysIn(transaction, account.id());
      boolean isDone =
          next.generation() == current.generation()
              && next.depositPublicKey().equals(current.depositPublicKey());
      if (isDone) {
        return new RotateOutcome.Rotated();
      }
      boolean isNext = next.generation() == current.generation() + 1;
      if (!isNext || !names(sealed).equals(names(waysIn))) {
        return new RotateOutcome.Conflict(current, waysIn);
      }
      checkNext(account, next);
      checkSealed(account, next, waysIn, sealed);
      stores.accounts().setKeys(transaction, account.id(), next);
      for (var wayIn : sealed) {
        stores.accounts().putWayIn(transaction, account.id(), wayIn);
      }
      news.keysChanged(transaction, after, account.id());
      return new RotateOutcome.Rotated();
    });
  }

  private static void checkNext(Account account, AccountKeySet next) {
    var current = account.keys();
    if (!next.identityPublicKey().equals(current.identityPublicKey())) {
      throw RpcException.invalid("keys.identity_public_key");
    }
    var kept = next.sealedPreviousKeys().subList(0, current.sealedPreviousKeys().size());
    if (!kept.equals(current.sealedPreviousKeys())) {
      throw RpcException.invalid("keys.sealed_previous_keys");
    }
    if (!KeyRules.isDepositKeySigned(account.id(), next)) {
      throw RpcException.invalid("keys.deposit_signature");
    }
  }

  private static void checkSealed(
      Account account, AccountKeySet next, List<WayIn> waysIn, List<WayIn> sealed) {
    var byName = waysIn.stream().collect(Collectors.toMap(WayIn::name, Function.identity()));
    for (var wayIn : sealed) {
      var known = byName.get(wayIn.name());
      if (known == null || !known.isSameKey(wayIn)) {
        throw RpcException.invalid("unlocks.public_key");
      }
      if (wayIn.generation() != next.generation()) {
        throw RpcException.invalid("unlocks.key_generation");
      }
      if (!wayIn.isSignedFor(account.id(), next.identityPublicKey())) {
        throw RpcException.invalid("unlocks.signature");
      }
    }
  }

  /// Each name once: a name twice is as wrong as a name too many.
  private static Map<WayIn.Name, Long> names(List<WayIn> waysIn) {
    return waysIn.stream().collect(Collectors.groupingBy(WayIn::name, Collectors.counting()));
  }

  private Account lock(Handle transaction, AccountId id) {
    var account = stores.accounts().lock(transaction, id);
    if (account == null) {
      throw RpcException.unauthenticated();
    }
    return account;
  }

  /// A device that was unlinked while its call was under way does nothing more.
  private void requireLinked(Handle transaction, Caller caller) {
    if (stores.devices().find(transaction, caller.device()) == null) {
      throw RpcException.unauthenticated();
    }
  }
}
