package crypho.server.conversation;

import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.server.account.AccountEvents;
import crypho.server.account.Acquaintances;
import crypho.server.contact.ContactEvents;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jdbi.v3.core.Handle;

/// What conversations do when something happens to an account or a contact, in that feature's own
/// transaction.
final class ConversationEvents implements AccountEvents, Acquaintances, ContactEvents {
  private final Publisher publisher;

  ConversationEvents(Publisher publisher) {
    this.publisher = publisher;
  }

  /// The device's leaves wait for removal, and its key packages go.
  @Override
  public Runnable onDeviceUnlinked(Handle transaction, AccountId account, DeviceId device) {
    ConversationSql.lockDevice(transaction, device);
    KeyPackageService.drop(transaction, device);
    var notices = new ArrayList<Runnable>();
    for (var id : ConversationSql.withDevice(transaction, device)) {
      var stored = ConversationSql.lock(transaction, id);
      if (stored != null) {
        var effects = DeliveryRules.unlinked(stored.state(), device);
        EffectSql.apply(transaction, stored.rowId(), effects);
        notices.add(() -> publisher.publish(id, effects));
      }
    }
    return () -> notices.forEach(Runnable::run);
  }

  @Override
  public Runnable onAccountChanged(Handle transaction, AccountId account) {
    var told =
        transaction
            .createQuery(
                """
                SELECT DISTINCT other.account FROM conversation_member own
                JOIN conversation_member other ON other.conversation = own.conversation
                WHERE own.account = :account AND own.until_seq IS NULL
                  AND other.until_seq IS NULL AND other.account <> :account
                """)
            .bind("account", account.value())
            .map((rs, _) -> ConversationSql.account(rs, "account"))
            .list();
    return () -> told.forEach(each -> publisher.accountChanged(each, account));
  }

  @Override
  public Set<AccountId> knownTo(
      Handle transaction, AccountId account, Collection<AccountId> asked) {
    return asked.isEmpty()
        ? Set.of()
        : new HashSet<>(ReadService.coMembers(transaction, account, List.copyOf(asked)));
  }

  @Override
  public Runnable onContactRemoved(Handle transaction, AccountId one, AccountId other) {
    ConversationId id = ConversationSql.directBetween(transaction, one, other);
    var stored = id == null ? null : ConversationSql.lock(transaction, id);
    if (id == null || stored == null) {
      return () -> {};
    }
    var effects = MembershipRules.delete();
    EffectSql.apply(transaction, stored.rowId(), effects);
    return () -> publisher.publish(id, effects);
  }
}
