package crypho.server.account;

import crypho.base.Rng;
import crypho.server.db.Db;
import crypho.server.live.api.HelloPart;
import crypho.server.live.api.Live;
import crypho.server.notify.api.MailQueue;
import crypho.server.rpc.RpcRegistry;
import crypho.server.rpc.SessionResolver;
import crypho.server.seal.Sealer;
import java.time.Instant;
import java.util.List;

/// The account feature's parts, put together.
public final class AccountAssembly {
  /// What features that come after this one do for it.
  public record Seams(
      List<AccountEvents> events, List<Acquaintances> acquaintances, KeyPackageSink keyPackages) {
    public Seams {
      events = List.copyOf(events);
      acquaintances = List.copyOf(acquaintances);
    }
  }

  /// A hash takes 19 MiB and a fifth of a second of one core.
  private static final int HASHES_AT_ONCE_MAX = 2;

  private final SessionService sessions;
  private final SignUpRoutes signUpRoutes;
  private final AccountRoutes accountRoutes;
  private final VaultService vault;

  public AccountAssembly(
      Db db,
      Sealer sealer,
      Rng rng,
      MailQueue mails,
      Live live,
      AccountConfig config,
      Seams seams) {
    var stores = Stores.onPostgres();
    var fields = new PersonalFields(sealer);
    var links = new Links(config.publicUrl(), rng);
    var mailer = new Mailer(mails, fields, links);
    var news = new AccountNews(seams.events(), live);
    var hasher = new AuthKeyHasher(HASHES_AT_ONCE_MAX, rng);
    var passphrases = new PassphraseCheck(db, stores.accounts(), hasher);
    var signUpLinks = new SignUpLinks(stores.signUps(), fields, links, rng);
    var codec = new MeCodec(fields, config.ownedGroupsMax());
    sessions = new SessionService(db, stores, news, rng);
    vault = new VaultService(db, stores.vaults(), news);
    var signUps = new SignUpService(db, stores, fields, signUpLinks, sessions, hasher, mailer);
    var logIns = new LogInService(db, stores, fields, passphrases, sessions, rng);
    var profiles = new ProfileService(db, stores, fields, passphrases, news, mailer);
    var devices = new DeviceService(db, stores, sessions, seams.keyPackages(), news, mailer);
    var directory = new DirectoryService(db, stores, seams.acquaintances());
    signUpRoutes = new SignUpRoutes(signUps, logIns, profiles, codec);
    accountRoutes = new AccountRoutes(sessions, devices, profiles, directory, codec);
  }

  public void addRoutes(RpcRegistry registry) {
    signUpRoutes.addTo(registry);
    accountRoutes.addTo(registry);
    new VaultRoutes(vault).addTo(registry);
  }

  public SessionResolver sessionResolver() {
    return sessions;
  }

  /// Says in Hello how far the vault is.
  public HelloPart helloPart() {
    return (caller, hello, _) -> hello.setVaultRevision(vault.revision(caller.account()));
  }

  /// Ends what has run out: sessions with their devices, log-ins, sign-ups and changes of address
  /// under way. To be called every few minutes, on one node or on several.
  ///
  /// @return how many sessions ended
  public int expire(Instant now) {
    return sessions.expire(now);
  }
}
