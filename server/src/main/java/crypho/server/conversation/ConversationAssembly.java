package crypho.server.conversation;

import crypho.server.account.AccountEvents;
import crypho.server.account.Acquaintances;
import crypho.server.account.DeviceDirectory;
import crypho.server.account.KeyPackageSink;
import crypho.server.contact.ContactDirectory;
import crypho.server.contact.ContactEvents;
import crypho.server.db.Db;
import crypho.server.live.api.HelloPart;
import crypho.server.live.api.Live;
import crypho.server.live.api.SocketFrames;
import crypho.server.rpc.RpcRegistry;
import java.time.Instant;

/// The feature's parts. Accounts and contacts need [Early] before the directories exist that
/// conversations need from them.
public final class ConversationAssembly implements AutoCloseable {
  private final LogWriter writer;
  private final ReadService reads;
  private final KeyPackageService keyPackages;
  private final ConversationFrames frames;

  /// What other features call, which needs nothing of them.
  public static final class Early {
    private final ConversationEvents events;
    private final KeyPackageShelf shelf;

    /// @param domain in the identity of every leaf: `account:device@domain`
    public Early(Live live, String domain) {
      this.events = new ConversationEvents(new Publisher(live));
      this.shelf = new KeyPackageShelf(domain);
    }

    public KeyPackageSink keyPackages() {
      return shelf;
    }

    public AccountEvents accountEvents() {
      return events;
    }

    public Acquaintances acquaintances() {
      return events;
    }

    public ContactEvents contactEvents() {
      return events;
    }
  }

  /// What conversations ask of accounts and contacts.
  ///
  /// @param domain in the identity of every leaf: `account:device@domain`
  public record Directories(String domain, DeviceDirectory devices, ContactDirectory contacts) {}

  public ConversationAssembly(
      Db db, Live live, Directories directories, Limits limits, RpcRegistry registry) {
    var publisher = new Publisher(live);
    var group =
        new ConversationService.Group(
            new MlsGroupRules(),
            directories.domain(),
            directories.devices(),
            directories.contacts());
    this.writer = new LogWriter(db, publisher);
    this.reads = new ReadService(db, publisher);
    this.keyPackages = new KeyPackageService(db, publisher, group);
    this.frames = new ConversationFrames(writer, reads, publisher);
    var conversations = new ConversationService(db, writer, publisher, group, limits);
    new ConversationRoutes(conversations, reads, keyPackages, frames).addTo(registry);
  }

  public SocketFrames frames() {
    return frames;
  }

  /// The heads of all conversations of the account.
  public HelloPart hello() {
    return (caller, hello, _) -> hello.addAllConversations(reads.list(Fields.member(caller)));
  }

  /// Deletes expired key packages; to be called now and then.
  public void purge(Instant now) {
    keyPackages.purge(now);
  }

  /// Writes what was taken on.
  @Override
  public void close() {
    writer.close();
  }
}
