package crypho.server.account;

import com.google.protobuf.ByteString;
import crypho.base.Bytes;
import crypho.base.Secret;
import crypho.server.rpc.Access;
import crypho.server.rpc.Call;
import crypho.server.rpc.Call.CookieChange;
import crypho.server.rpc.RateLimit;
import crypho.server.rpc.RpcException;
import crypho.server.rpc.RpcRegistry;
import crypho.server.seal.Sealer;
import crypho.wire.v1.CompleteLogInRequest;
import crypho.wire.v1.CompleteLogInResponse;
import crypho.wire.v1.CompleteSignUpRequest;
import crypho.wire.v1.CompleteSignUpResponse;
import crypho.wire.v1.ConfirmEmailChangeRequest;
import crypho.wire.v1.ConfirmEmailChangeResponse;
import crypho.wire.v1.Empty;
import crypho.wire.v1.LogInRequest;
import crypho.wire.v1.LogInResponse;
import crypho.wire.v1.OpenSignUpRequest;
import crypho.wire.v1.OpenSignUpResponse;
import crypho.wire.v1.StartLogInRequest;
import crypho.wire.v1.StartLogInResponse;
import crypho.wire.v1.StartSignUpRequest;
import java.time.Duration;

/// The methods of AccountService that need no session.
final class SignUpRoutes {
  static final String SERVICE = "AccountService";
  static final int DISPLAY_NAME_CHARACTERS_MAX = 100;

  /// Links are opened and salts asked for by people, some of them behind one address.
  private static final RateLimit BY_PEOPLE = new RateLimit(60, Duration.ofMinutes(5));

  private final SignUpService signUps;
  private final LogInService logIns;
  private final ProfileService profiles;
  private final MeCodec codec;

  SignUpRoutes(SignUpService signUps, LogInService logIns, ProfileService profiles, MeCodec codec) {
    this.signUps = signUps;
    this.logIns = logIns;
    this.profiles = profiles;
    this.codec = codec;
  }

  void addTo(RpcRegistry registry) {
    registry.add(
        SERVICE,
        "StartSignUp",
        StartSignUpRequest.getDefaultInstance(),
        Access.PUBLIC,
        RateLimit.COSTLY,
        this::startSignUp);
    registry.add(
        SERVICE,
        "OpenSignUp",
        OpenSignUpRequest.getDefaultInstance(),
        Access.PUBLIC,
        BY_PEOPLE,
        this::openSignUp);
    registry.add(
        SERVICE,
        "CompleteSignUp",
        CompleteSignUpRequest.getDefaultInstance(),
        Access.PUBLIC,
        RateLimit.COSTLY,
        this::completeSignUp);
    registry.add(
        SERVICE,
        "StartLogIn",
        StartLogInRequest.getDefaultInstance(),
        Access.PUBLIC,
        BY_PEOPLE,
        this::startLogIn);
    registry.add(
        SERVICE,
        "LogIn",
        LogInRequest.getDefaultInstance(),
        Access.PUBLIC,
        RateLimit.COSTLY,
        this::logIn);
    registry.add(
        SERVICE,
        "CompleteLogIn",
        CompleteLogInRequest.getDefaultInstance(),
        Access.PUBLIC,
        BY_PEOPLE,
        this::completeLogIn);
    registry.add(
        SERVICE,
        "ConfirmEmailChange",
        ConfirmEmailChangeRequest.getDefaultInstance(),
        Access.PUBLIC,
        BY_PEOPLE,
        this::confirmEmailChange);
  }

  private Empty startSignUp(Call call, StartSignUpRequest request) {
    var address = Fields.email("email", request.getEmail());
    var language = Fields.language("language", request.getLanguage());
    signUps.start(address, language, call.now());
    return Empty.getDefaultInstance();
  }

  private OpenSignUpResponse openSignUp(Call call, OpenSignUpRequest request) {
    var response = OpenSignUpResponse.newBuilder();
    switch (signUps.open(tokenHash("token", request.getToken()), call.now())) {
      case SignUpService.OpenOutcome.Opened opened ->
          response
              .getOpenedBuilder()
              .setAccountId(opened.account().toString())
              .setEmail(opened.email().value())
              .setTotpSecret(ByteString.copyFrom(opened.totpSecret().reveal()))
              .setLanguage(opened.language());
      case SignUpService.OpenOutcome.LinkExpired _ -> response.getLinkExpiredBuilder();
    }
    return response.build();
  }

  private CompleteSignUpResponse completeSignUp(Call call, CompleteSignUpRequest request) {
    var token = tokenHash("token", request.getToken());
    var application = application(request);
    var response = CompleteSignUpResponse.newBuilder();
    try (var authKey = authKey("auth_key", request.getAuthKey())) {
      switch (signUps.complete(token, application, authKey, call.now())) {
        case SignUpService.CompleteOutcome.Created created ->
            response
                .getCreatedBuilder()
                .setSessionToken(session(call, created.sessionToken(), created.me()))
                .setMe(codec.me(created.me()));
        case SignUpService.CompleteOutcome.WrongCode _ -> response.getWrongCodeBuilder();
        case SignUpService.CompleteOutcome.LinkExpired _ -> response.getLinkExpiredBuilder();
      }
    }
    return response.build();
  }

  private static SignUpService.Application application(CompleteSignUpRequest request) {
    var keys = AccountCodec.keys("keys", request.getKeys());
    if (keys.generation() != 1) {
      throw RpcException.invalid("keys.key_generation");
    }
    var passphrase = AccountCodec.wayIn("passphrase_unlock", request.getPassphraseUnlock());
    if (!passphrase.name().equals(WayIn.Name.PASSPHRASE)) {
      throw RpcException.invalid("passphrase_unlock.kind");
    }
    if (passphrase.generation() != 1) {
      throw RpcException.invalid("passphrase_unlock.key_generation");
    }
    return new SignUpService.Application(
        Fields.line("display_name", request.getDisplayName(), DISPLAY_NAME_CHARACTERS_MAX),
        Fields.language("language", request.getLanguage()),
        AccountCodec.kdf("kdf", request.getKdf()),
        keys,
        passphrase,
        totpCode(request.getTotpCode()),
        request.getIsSharedComputer());
  }

  private StartLogInResponse startLogIn(Call call, StartLogInRequest request) {
    var kdf = logIns.start(Fields.email("email", request.getEmail()));
    return StartLogInResponse.newBuilder().setKdf(AccountCodec.kdf(kdf)).build();
  }

  private LogInResponse logIn(Call call, LogInRequest request) {
    var address = Fields.email("email", request.getEmail());
    var response = LogInResponse.newBuilder();
    try (var authKey = authKey("auth_key", request.getAuthKey())) {
      switch (logIns.logIn(address, authKey, call.address(), call.now())) {
        case LogInService.FirstOutcome.SecondFactorRequired required ->
            response
                .getSecondFactorRequiredBuilder()
                .setTicket(ByteString.copyFrom(required.ticket().reveal()))
                .setTotp(true);
        case LogInService.FirstOutcome.WrongCredentials _ -> response.getWrongCredentialsBuilder();
      }
    }
    return response.build();
  }

  private CompleteLogInResponse completeLogIn(Call call, CompleteLogInRequest request) {
    var ticket = tokenHash("ticket", request.getTicket());
    var code = totpCode(request.getTotpCode());
    boolean isShared = request.getIsSharedComputer();
    var response = CompleteLogInResponse.newBuilder();
    switch (logIns.complete(ticket, code, isShared, call.address(), call.now())) {
      case LogInService.SecondOutcome.LoggedIn loggedIn ->
          response
              .getLoggedInBuilder()
              .setSessionToken(session(call, loggedIn.sessionToken(), loggedIn.me()))
              .setMe(codec.me(loggedIn.me()));
      case LogInService.SecondOutcome.WrongCode _ -> response.getWrongCodeBuilder();
      case LogInService.SecondOutcome.TicketExpired _ -> response.getTicketExpiredBuilder();
    }
    return response.build();
  }

  private ConfirmEmailChangeResponse confirmEmailChange(
      Call call, ConfirmEmailChangeRequest request) {
    var token = tokenHash("token", request.getToken());
    var response = ConfirmEmailChangeResponse.newBuilder();
    switch (profiles.confirmEmailChange(token, call.now())) {
      case CHANGED -> response.getChangedBuilder();
      case LINK_EXPIRED -> response.getLinkExpiredBuilder();
    }
    return response.build();
  }

  /// The token for clients without cookies; browsers get the cookie instead.
  private static ByteString session(Call call, Secret token, OwnAccount me) {
    if (!call.wantsCookie()) {
      return ByteString.copyFrom(token.reveal());
    }
    call.answerCookie(new CookieChange.Set(token, !me.isSharedComputer()));
    return ByteString.EMPTY;
  }

  private static Bytes tokenHash(String field, ByteString token) {
    return Bytes.wrap(Sealer.tokenHash(Fields.exactly(field, token, Links.TOKEN_BYTES).toArray()));
  }

  static Secret authKey(String field, ByteString authKey) {
    return Secret.wrap(Fields.exactly(field, authKey, AuthKeyHasher.AUTH_KEY_BYTES).toArray());
  }

  private static String totpCode(String code) {
    if (!Totp.hasForm(code)) {
      throw RpcException.malformed("totp_code");
    }
    return code;
  }
}
