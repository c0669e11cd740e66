package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.server.db.AfterCommit;
import crypho.server.live.api.Live;
import crypho.server.rpc.SessionId;
import crypho.wire.v1.Changed;
import crypho.wire.v1.Goodbye;
import crypho.wire.v1.ServerFrame;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;

/// Tells other features, in the transaction, and connected devices, after it, what happened to an
/// account.
final class AccountNews {
  private final List<AccountEvents> events;
  private final Live live;

  AccountNews(List<AccountEvents> events, Live live) {
    this.events = List.copyOf(events);
    this.live = live;
  }

  /// Devices or account keys changed.
  void keysChanged(Handle transaction, AfterCommit after, AccountId account) {
    tellOwn(after, account, Changed.What.WHAT_DEVICES);
    tellOthers(transaction, after, account);
  }

  /// The passphrase's way in changed, which concerns nobody else.
  void ownKeysChanged(AfterCommit after, AccountId account) {
    tellOwn(after, account, Changed.What.WHAT_DEVICES);
  }

  void profileChanged(Handle transaction, AfterCommit after, AccountId account) {
    tellOwn(after, account, Changed.What.WHAT_PROFILE);
    tellOthers(transaction, after, account);
  }

  /// The language or the address changed, which others do not see.
  void ownProfileChanged(AfterCommit after, AccountId account) {
    tellOwn(after, account, Changed.What.WHAT_PROFILE);
  }

  void deviceUnlinked(Handle transaction, AfterCommit after, AccountId account, DeviceId device) {
    for (var event : events) {
      after.add(event.onDeviceUnlinked(transaction, account, device));
    }
    keysChanged(transaction, after, account);
  }

  void addressVerified(
      Handle transaction, AfterCommit after, AccountId account, Bytes emailHash, Instant now) {
    for (var event : events) {
      after.add(event.onAddressVerified(transaction, account, emailHash, now));
    }
  }

  void sessionEnded(AfterCommit after, SessionId session) {
    after.add(() -> live.endSession(session, Goodbye.Reason.REASON_SIGNED_OUT));
  }

  void vaultChanged(AfterCommit after, AccountId account, long revision) {
    var changed = Changed.newBuilder().setWhat(Changed.What.WHAT_VAULT).setRevision(revision);
    after.add(() -> live.toAccount(account, frame(changed)));
  }

  private void tellOwn(AfterCommit after, AccountId account, Changed.What what) {
    after.add(() -> live.toAccount(account, frame(Changed.newBuilder().setWhat(what))));
  }

  private void tellOthers(Handle transaction, AfterCommit after, AccountId account) {
    for (var event : events) {
      after.add(event.onAccountChanged(transaction, account));
    }
  }

  private static ServerFrame frame(Changed.Builder changed) {
    return ServerFrame.newBuilder().setChanged(changed).build();
  }
}
