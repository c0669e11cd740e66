package crypho.server.app;

import crypho.base.Rng;
import crypho.server.account.AccountAssembly;
import crypho.server.account.AccountConfig;
import crypho.server.account.AccountDirectory;
import crypho.server.contact.ContactAssembly;
import crypho.server.conversation.ConversationAssembly;
import crypho.server.conversation.Limits;
import crypho.server.live.Sockets;
import crypho.server.notify.api.MailQueue;
import crypho.server.rpc.RpcRegistry;
import crypho.server.rpc.SessionResolver;
import java.time.Instant;
import java.util.List;

/// The features, in their order: accounts, contacts, conversations. What later ones do for earlier
/// ones is made first and needs nothing of them.
final class FeatureAssembly implements AutoCloseable {
  /// In the identity of every MLS leaf, `account:device@domain`. The browser's library demands one;
  /// it is the same everywhere, so that an installation may change its host name.
  static final String MLS_DOMAIN = "crypho";

  private final AccountAssembly accounts;
  private final ContactAssembly contacts;
  private final ConversationAssembly conversations;

  FeatureAssembly(
      Config config,
      StoreAssembly store,
      Rng rng,
      MailQueue mails,
      Sockets sockets,
      RpcRegistry registry) {
    var accountConfig =
        new AccountConfig(config.http().publicUrl().toString(), config.limits().ownedGroupsMax());
    var directory = new AccountDirectory(store.sealer(), rng, accountConfig);
    var early = new ConversationAssembly.Early(sockets, MLS_DOMAIN);
    this.contacts =
        new ContactAssembly(
            store.db(),
            directory,
            rng,
            mails,
            sockets,
            accountConfig,
            List.of(early.contactEvents()));
    this.accounts =
        new AccountAssembly(
            store.db(),
            store.sealer(),
            rng,
            mails,
            sockets,
            accountConfig,
            new AccountAssembly.Seams(
                List.of(contacts.accountEvents(), early.accountEvents()),
                List.of(contacts.acquaintances(), early.acquaintances()),
                early.keyPackages()));
    var devicesMax = config.limits().groupDevicesMax();
    this.conversations =
        new ConversationAssembly(
            store.db(),
            sockets,
            new ConversationAssembly.Directories(
                MLS_DOMAIN, directory, ContactAssembly.directory()),
            new Limits(config.limits().ownedGroupsMax(), devicesMax, devicesMax),
            registry);
    accounts.addRoutes(registry);
    contacts.addRoutes(registry);
    sockets.serve(conversations.frames(), List.of(accounts.helloPart(), conversations.hello()));
  }

  SessionResolver sessions() {
    return accounts.sessionResolver();
  }

  /// Deletes what has run out; to be called every few minutes.
  void expire(Instant now) {
    accounts.expire(now);
    contacts.expire(now);
    conversations.purge(now);
  }

  /// Writes what was taken on.
  @Override
  public void close() {
    conversations.close();
  }
}
