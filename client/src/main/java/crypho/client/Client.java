package crypho.client;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.Rng;
import crypho.base.Secret;
import crypho.client.crypto.OpenException;
import crypho.client.crypto.Passphrases;
import crypho.client.crypto.Totp;
import crypho.client.keys.DeviceKeys;
import crypho.client.keys.KeyChain;
import crypho.client.keys.PassphraseKeys;
import crypho.client.keys.WaysIn;
import crypho.client.mls.MlsDevice;
import crypho.client.mls.MlsException;
import crypho.client.rpc.RpcClient;
import crypho.client.rpc.RpcFailure;
import crypho.wire.v1.CompleteLogInRequest;
import crypho.wire.v1.CompleteLogInResponse;
import crypho.wire.v1.CompleteSignUpRequest;
import crypho.wire.v1.CompleteSignUpResponse;
import crypho.wire.v1.Empty;
import crypho.wire.v1.Language;
import crypho.wire.v1.LogInRequest;
import crypho.wire.v1.LogInResponse;
import crypho.wire.v1.Me;
import crypho.wire.v1.OpenSignUpRequest;
import crypho.wire.v1.OpenSignUpResponse;
import crypho.wire.v1.PassphraseKdf;
import crypho.wire.v1.RegisterDeviceRequest;
import crypho.wire.v1.RegisterDeviceResponse;
import crypho.wire.v1.StartLogInRequest;
import crypho.wire.v1.StartLogInResponse;
import crypho.wire.v1.StartSignUpRequest;
import crypho.wire.v1.Unlock;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;

/// One server, before anybody has signed in. Safe for any number of threads.
///
/// Keys live in memory: a program that starts again signs in as a new device.
public final class Client {
  private static final String ACCOUNTS = "crypho.v1.AccountService/";
  private static final int KEY_PACKAGES = 20;

  /// The same on every installation, so that one may change its host name.
  private static final String MLS_DOMAIN = "crypho";

  private final RpcClient rpc;
  private final InstantSource clock;
  private final Rng rng;

  /// Who someone wants to be.
  public record Person(String displayName, String passphrase, String deviceName) {}

  public Client(URI server, InstantSource clock, Rng rng) {
    this.rpc = RpcClient.to(server);
    this.clock = clock;
    this.rng = rng;
  }

  public static Client of(URI server) {
    return new Client(server, InstantSource.system(), Rng.secure());
  }

  /// Asks for a mail with a link. The answer is the same whether or not the address has an account.
  public void startSignUp(String email, Language language) throws IOException, RpcFailure {
    var request = StartSignUpRequest.newBuilder().setEmail(email).setLanguage(language).build();
    rpc.call(ACCOUNTS + "StartSignUp", request, Empty.parser());
  }

  /// Makes the account and its first device.
  ///
  /// @param linkToken the 32 bytes from the link's fragment
  public SignUpOutcome completeSignUp(Bytes linkToken, Person person)
      throws IOException, RpcFailure, ClientException {
    var token = ByteString.copyFrom(linkToken.asBuffer());
    var open = OpenSignUpRequest.newBuilder().setToken(token).build();
    var opening = rpc.call(ACCOUNTS + "OpenSignUp", open, OpenSignUpResponse.parser());
    if (!opening.hasOpened()) {
      return new SignUpOutcome.LinkExpired();
    }
    var opened = opening.getOpened();
    var keys = KeyChain.create(AccountId.parse(opened.getAccountId()), rng);
    var totpSecret = opened.getTotpSecret().toByteArray();
    var request =
        signUpRequest(person, opened.getLanguage(), keys)
            .setToken(token)
            .setTotpCode(Totp.code(totpSecret, clock.instant()))
            .build();
    var answer = rpc.call(ACCOUNTS + "CompleteSignUp", request, CompleteSignUpResponse.parser());
    return switch (answer.getOutcomeCase()) {
      case CREATED -> {
        var session = Secret.wrap(answer.getCreated().getSessionToken().toByteArray());
        yield new SignUpOutcome.SignedUp(
            register(session, answer.getCreated().getMe(), keys, person.deviceName()),
            Secret.wrap(totpSecret));
      }
      case WRONG_CODE -> new SignUpOutcome.WrongCode();
      case LINK_EXPIRED -> new SignUpOutcome.LinkExpired();
      case OUTCOME_NOT_SET -> throw new ClientException("an answer from a newer server");
    };
  }

  private CompleteSignUpRequest.Builder signUpRequest(
      Person person, Language language, KeyChain keys) {
    var salt = Bytes.wrap(rng.bytes(16));
    var cost = Passphrases.Cost.STANDARD;
    var passphrase = PassphraseKeys.derive(person.passphrase(), salt, cost);
    return CompleteSignUpRequest.newBuilder()
        .setDisplayName(person.displayName())
        .setLanguage(language)
        .setAuthKey(ByteString.copyFrom(passphrase.authKey()))
        .setKdf(
            PassphraseKdf.newBuilder()
                .setSalt(ByteString.copyFrom(salt.asBuffer()))
                .setMemoryKib(cost.memoryKib())
                .setIterations(cost.iterations())
                .setParallelism(cost.parallelism()))
        .setKeys(keys.toWire(rng))
        .setPassphraseUnlock(
            WaysIn.forPassphrase(keys.current(), keys.identity(), passphrase.wayIn()));
  }

  /// Signs in as a new device.
  ///
  /// @param totpSecret what the authenticator app keeps
  public LogInOutcome logIn(String email, String passphrase, Secret totpSecret, String deviceName)
      throws IOException, RpcFailure, ClientException {
    var start = StartLogInRequest.newBuilder().setEmail(email).build();
    var kdf = rpc.call(ACCOUNTS + "StartLogIn", start, StartLogInResponse.parser()).getKdf();
    var cost = new Passphrases.Cost(kdf.getMemoryKib(), kdf.getIterations(), kdf.getParallelism());
    if (!cost.isSound() || kdf.getSalt().size() != 16) {
      throw new ClientException("the server asks for a weak key from the passphrase");
    }
    var keys = PassphraseKeys.derive(passphrase, Bytes.wrap(kdf.getSalt().toByteArray()), cost);
    var request =
        LogInRequest.newBuilder()
            .setEmail(email)
            .setAuthKey(ByteString.copyFrom(keys.authKey()))
            .build();
    var first = rpc.call(ACCOUNTS + "LogIn", request, LogInResponse.parser());
    if (!first.hasSecondFactorRequired()) {
      return new LogInOutcome.WrongCredentials();
    }
    var second =
        CompleteLogInRequest.newBuilder()
            .setTicket(first.getSecondFactorRequired().getTicket())
            .setTotpCode(Totp.code(totpSecret.reveal(), clock.instant()))
            .build();
    var answer = rpc.call(ACCOUNTS + "CompleteLogIn", second, CompleteLogInResponse.parser());
    return switch (answer.getOutcomeCase()) {
      case LOGGED_IN -> {
        var me = answer.getLoggedIn().getMe();
        var session = Secret.wrap(answer.getLoggedIn().getSessionToken().toByteArray());
        yield new LogInOutcome.LoggedIn(register(session, me, open(me, keys), deviceName));
      }
      case WRONG_CODE -> new LogInOutcome.WrongCode();
      case TICKET_EXPIRED -> new LogInOutcome.TicketExpired();
      case OUTCOME_NOT_SET -> throw new ClientException("an answer from a newer server");
    };
  }

  private static KeyChain open(Me me, PassphraseKeys passphrase) throws ClientException {
    var account = AccountId.parse(me.getAccountId());
    try {
      for (var unlock : me.getUnlocksList()) {
        if (unlock.getKind() == Unlock.Kind.KIND_PASSPHRASE) {
          var current = WaysIn.open(account, unlock, passphrase.wayIn());
          return KeyChain.open(current, me.getKeys());
        }
      }
    } catch (OpenException e) {
      throw new ClientException("the account's keys", e);
    }
    throw new ClientException("the passphrase is no way in");
  }

  private Session register(Secret token, Me me, KeyChain keys, String deviceName)
      throws IOException, RpcFailure, ClientException {
    var signedIn = rpc.as(token);
    var device = DeviceKeys.generate(rng);
    var account = keys.current().account();
    var mls = new MlsDevice(account, device.device(), MLS_DOMAIN, device.mls(), rng);
    var request =
        RegisterDeviceRequest.newBuilder()
            .setDevice(device.certified(keys.current(), keys.identity(), deviceName, rng))
            .setUnlock(
                WaysIn.forDevice(
                    keys.current(), keys.identity(), device.device(), device.unlock().publicKey()));
    try {
      for (var keyPackage : mls.keyPackages(KEY_PACKAGES, clock.instant())) {
        request.addKeyPackages(ByteString.copyFrom(keyPackage.asBuffer()));
      }
    } catch (MlsException e) {
      throw new IllegalStateException("a fresh device makes key packages", e);
    }
    var answer =
        signedIn.call(
            ACCOUNTS + "RegisterDevice", request.build(), RegisterDeviceResponse.parser());
    return switch (answer.getOutcomeCase()) {
      case REGISTERED -> session(signedIn, me, keys, device, mls);
      case STALE_KEY -> throw new ClientException("the account key was rotated: sign in again");
      case TOO_MANY_DEVICES -> throw new ClientException("the account has too many devices");
      case OUTCOME_NOT_SET -> throw new ClientException("an answer from a newer server");
    };
  }

  private Session session(
      RpcClient signedIn, Me me, KeyChain keys, DeviceKeys device, MlsDevice mls) {
    var own = new OwnKeys(signedIn, device, keys, me.getKeys(), rng);
    return new Session(signedIn, new Session.Self(me, own, device, mls), clock, rng);
  }
}
