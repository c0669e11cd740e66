package crypho.server.testing;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import crypho.base.AccountId;
import crypho.base.Personal;
import crypho.base.Rng;
import crypho.base.Secret;
import crypho.server.account.AccountAssembly;
import crypho.server.account.AccountConfig;
import crypho.server.account.AccountDirectory;
import crypho.server.contact.ContactAssembly;
import crypho.server.contact.ContactEvents;
import crypho.server.rpc.Call;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcMethod;
import crypho.server.rpc.RpcRegistry;
import crypho.server.seal.Sealer;
import crypho.wire.v1.CompleteSignUpRequest;
import crypho.wire.v1.CompleteSignUpResponse;
import crypho.wire.v1.Device;
import crypho.wire.v1.Empty;
import crypho.wire.v1.Language;
import crypho.wire.v1.OpenSignUpRequest;
import crypho.wire.v1.OpenSignUpResponse;
import crypho.wire.v1.RegisterDeviceRequest;
import crypho.wire.v1.RegisterDeviceResponse;
import crypho.wire.v1.StartSignUpRequest;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// The account feature on a fresh database, driven through its methods as clients do, with the time
/// in the test's hand.
public final class TestAccounts implements AutoCloseable {
  public static final String PUBLIC_URL = "https://crypho.test";
  private static final Personal ADDRESS = Personal.address("192.0.2.7");

  public final TestDatabase database = TestDatabase.fresh();
  public final RecordingMails mails = new RecordingMails();
  public final RecordingLive live = new RecordingLive();
  public final RpcRegistry registry = new RpcRegistry();
  public final Sealer sealer = new Sealer(Secret.copyOf(new byte[32]), Rng.secure());
  public final AccountConfig config = new AccountConfig(PUBLIC_URL, 1);
  public final AccountDirectory directory = new AccountDirectory(sealer, Rng.secure(), config);
  public final AccountAssembly accounts;
  private Instant now = Instant.parse("2026-11-23T12:00:00Z");

  public TestAccounts(AccountAssembly.Seams seams) {
    accounts = new AccountAssembly(database.db(), sealer, Rng.secure(), mails, live, config, seams);
    accounts.addRoutes(registry);
  }

  /// With contacts beside it; `events` are theirs.
  public static TestAccounts withContacts(List<ContactEvents> events) {
    return new TestAccounts(events);
  }

  private TestAccounts(List<ContactEvents> events) {
    var contacts =
        new ContactAssembly(database.db(), directory, Rng.secure(), mails, live, config, events);
    var seams =
        new AccountAssembly.Seams(
            List.of(contacts.accountEvents()),
            List.of(contacts.acquaintances()),
            (_, _, _, _, _, _) -> {});
    accounts = new AccountAssembly(database.db(), sealer, Rng.secure(), mails, live, config, seams);
    accounts.addRoutes(registry);
    contacts.addRoutes(registry);
  }

  /// No other feature beside it.
  public static TestAccounts alone() {
    return new TestAccounts(
        new AccountAssembly.Seams(List.of(), List.of(), (_, _, _, _, _, _) -> {}));
  }

  public Instant now() {
    return now;
  }

  public void pass(Duration duration) {
    now = now.plus(duration);
  }

  /// Someone with an account and, once registered, a device.
  public final class Person {
    public final String email;
    public final String name;
    public final TestKeys keys;
    public final ByteString authKey;
    public final ByteString totpSecret;
    public final AccountId account;
    private ByteString token;

    private Person(String email, String name, TestKeys keys, OpenSignUpResponse.Opened opened) {
      this.email = email;
      this.name = name;
      this.keys = keys;
      this.authKey = keys.bytes(32);
      this.totpSecret = opened.getTotpSecret();
      this.account = AccountId.parse(opened.getAccountId());
      this.token = ByteString.EMPTY;
    }

    public ByteString token() {
      return token;
    }

    public void useToken(ByteString sessionToken) {
      token = sessionToken;
    }

    /// The session's caller, or null where it has ended.
    public @Nullable Caller callerOrNull() {
      return accounts.sessionResolver().resolve(Secret.copyOf(token.toByteArray()), now);
    }

    public Caller caller() {
      return Objects.requireNonNull(callerOrNull());
    }

    public String totpCode() {
      return TestAccounts.totpCode(totpSecret.toByteArray(), now);
    }

    public <A extends Message> A call(
        String service, String method, Message request, Class<A> type) {
      return type.cast(TestAccounts.this.call(service, method, request, caller()));
    }

    /// Links a device to the session.
    public Device link() {
      var device = keys.newDevice();
      var response =
          call(
              "AccountService",
              "RegisterDevice",
              RegisterDeviceRequest.newBuilder()
                  .setDevice(device)
                  .setUnlock(keys.deviceUnlock(device))
                  .addKeyPackages(keys.bytes(300))
                  .build(),
              RegisterDeviceResponse.class);
      if (!response.hasRegistered()) {
        throw new IllegalStateException("not registered: " + response);
      }
      return device;
    }
  }

  /// Signs up through the mailed link, and links a device.
  public Person join(String email, String name) {
    var person = signUp(email, name);
    person.link();
    return person;
  }

  /// Signs up through the mailed link; the session has no device.
  public Person signUp(String email, String name) {
    askForLink(email);
    return completeWith(mails.lastTo(email).token(), name);
  }

  public void askForLink(String email) {
    call(
        "AccountService",
        "StartSignUp",
        StartSignUpRequest.newBuilder().setEmail(email).setLanguage(Language.LANGUAGE_NB).build(),
        null);
  }

  public Person completeWith(byte[] linkToken, String name) {
    var token = ByteString.copyFrom(linkToken);
    var person = opened(token, name);
    var response =
        (CompleteSignUpResponse)
            call("AccountService", "CompleteSignUp", completion(token, person), null);
    if (!response.hasCreated()) {
      throw new IllegalStateException("not created: " + response);
    }
    person.useToken(response.getCreated().getSessionToken());
    return person;
  }

  /// The link opened, nothing completed.
  public Person opened(ByteString token, String name) {
    var opened =
        (OpenSignUpResponse)
            call(
                "AccountService",
                "OpenSignUp",
                OpenSignUpRequest.newBuilder().setToken(token).build(),
                null);
    if (!opened.hasOpened()) {
      throw new IllegalStateException("not opened: " + opened);
    }
    var keys = new TestKeys(opened.getOpened().getEmail().hashCode());
    keys.bind(opened.getOpened().getAccountId());
    return new Person(opened.getOpened().getEmail(), name, keys, opened.getOpened());
  }

  public CompleteSignUpRequest completion(ByteString token, Person person) {
    return CompleteSignUpRequest.newBuilder()
        .setToken(token)
        .setDisplayName(person.name)
        .setLanguage(Language.LANGUAGE_NB)
        .setAuthKey(person.authKey)
        .setKdf(person.keys.kdf())
        .setKeys(person.keys.keys())
        .setPassphraseUnlock(person.keys.passphraseUnlock())
        .setTotpCode(person.totpCode())
        .build();
  }

  /// Answers a method as the platform does, without its limits.
  public Message call(String service, String method, Message request, @Nullable Caller caller) {
    return callWith(service, method, request, new Call(caller, ADDRESS, now, false));
  }

  public Message callWith(String service, String method, Message request, Call call) {
    var entry = registry.find("crypho.v1." + service + "/" + method);
    if (entry == null) {
      throw new IllegalStateException("no method " + method);
    }
    return answer(entry.method(), call, request);
  }

  public static Empty empty() {
    return Empty.getDefaultInstance();
  }

  @SuppressWarnings("unchecked")
  private static <Q extends Message> Message answer(
      RpcMethod<Q, ?> method, Call call, Message request) {
    return method.answer(call, (Q) request);
  }

  /// RFC 6238, as an authenticator app computes it.
  public static String totpCode(byte[] secret, Instant now) {
    try {
      var mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(secret, "HmacSHA1"));
      var step = ByteBuffer.allocate(8).putLong(now.getEpochSecond() / 30).array();
      var hash = mac.doFinal(step);
      int number = ByteBuffer.wrap(hash).getInt(hash[19] & 15) & Integer.MAX_VALUE;
      return String.format(Locale.ROOT, "%06d", number % 1_000_000);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    database.close();
  }
}
