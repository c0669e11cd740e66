package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.server.rpc.Access;
import crypho.server.rpc.Call;
import crypho.server.rpc.Call.CookieChange;
import crypho.server.rpc.RateLimit;
import crypho.server.rpc.RpcException;
import crypho.server.rpc.RpcRegistry;
import crypho.wire.v1.ChangePassphraseRequest;
import crypho.wire.v1.ChangePassphraseResponse;
import crypho.wire.v1.ChangeProfileRequest;
import crypho.wire.v1.Empty;
import crypho.wire.v1.GetAccountsRequest;
import crypho.wire.v1.GetAccountsResponse;
import crypho.wire.v1.ListDevicesResponse;
import crypho.wire.v1.Me;
import crypho.wire.v1.RegisterDeviceRequest;
import crypho.wire.v1.RegisterDeviceResponse;
import crypho.wire.v1.RotateAccountKeyRequest;
import crypho.wire.v1.RotateAccountKeyResponse;
import crypho.wire.v1.StartEmailChangeRequest;
import crypho.wire.v1.StartEmailChangeResponse;
import crypho.wire.v1.UnlinkDeviceRequest;
import crypho.wire.v1.UnlinkDeviceResponse;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/// The methods of AccountService that need a session.
final class AccountRoutes {
  static final int ACCOUNTS_ASKED_MAX = 200;
  static final int FORMER_DEVICES_ASKED_MAX = 200;
  static final int KEY_PACKAGES_MAX = 100;
  static final int KEY_PACKAGE_BYTES_MAX = 8 * 1024;
  private static final String SERVICE = SignUpRoutes.SERVICE;
  private static final int REGISTER_BODY_BYTES_MAX = 1024 * 1024;

  /// Holds the longest list of earlier account keys.
  private static final int ROTATE_BODY_BYTES_MAX = 1024 * 1024;

  /// A way in is held by a device, the passphrase, the recovery key or a passkey.
  private static final int WAYS_IN_MAX = 100;

  private final SessionService sessions;
  private final DeviceService devices;
  private final ProfileService profiles;
  private final DirectoryService directory;
  private final MeCodec codec;

  AccountRoutes(
      SessionService sessions,
      DeviceService devices,
      ProfileService profiles,
      DirectoryService directory,
      MeCodec codec) {
    this.sessions = sessions;
    this.devices = devices;
    this.profiles = profiles;
    this.directory = directory;
    this.codec = codec;
  }

  void addTo(RpcRegistry registry) {
    addProfile(registry);
    addDevices(registry);
  }

  private void addProfile(RpcRegistry registry) {
    var nothing = Empty.getDefaultInstance();
    registry.add(SERVICE, "GetMe", nothing, Access.SESSION, RateLimit.ORDINARY, this::getMe);
    registry.add(SERVICE, "LogOut", nothing, Access.SESSION, RateLimit.ORDINARY, this::logOut);
    registry.add(
        SERVICE,
        "ChangeProfile",
        ChangeProfileRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.ORDINARY,
        this::changeProfile);
    registry.add(
        SERVICE,
        "ChangePassphrase",
        ChangePassphraseRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.COSTLY,
        this::changePassphrase);
    registry.add(
        SERVICE,
        "StartEmailChange",
        StartEmailChangeRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.COSTLY,
        this::startEmailChange);
    registry.add(
        SERVICE,
        "GetAccounts",
        GetAccountsRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.ORDINARY,
        this::getAccounts);
  }

  private void addDevices(RpcRegistry registry) {
    registry.add(
        SERVICE,
        "RegisterDevice",
        RegisterDeviceRequest.getDefaultInstance(),
        Access.SESSION,
        RateLimit.ORDINARY,
        REGISTER_BODY_BYTES_MAX,
        this::registerDevice);
    registry.add(
        SERVICE,
        "ListDevices",
        Empty.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.ORDINARY,
        this::listDevices);
    registry.add(
        SERVICE,
        "UnlinkDevice",
        UnlinkDeviceRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.ORDINARY,
        this::unlinkDevice);
    registry.add(
        SERVICE,
        "RotateAccountKey",
        RotateAccountKeyRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.ORDINARY,
        ROTATE_BODY_BYTES_MAX,
        this::rotateAccountKey);
  }

  private Me getMe(Call call, Empty request) {
    return codec.me(profiles.me(call.caller()));
  }

  private Empty logOut(Call call, Empty request) {
    sessions.logOut(call.caller(), call.now());
    call.answerCookie(new CookieChange.Clear());
    return Empty.getDefaultInstance();
  }

  private RegisterDeviceResponse registerDevice(Call call, RegisterDeviceRequest request) {
    var registration =
        new DeviceService.Registration(
            AccountCodec.device("device", request.getDevice()),
            Fields.atMost(
                "device.sealed_name",
                request.getDevice().getSealedName(),
                AccountCodec.SEALED_NAME_BYTES_MAX),
            AccountCodec.wayIn("unlock", request.getUnlock()),
            keyPackages(request));
    var response = RegisterDeviceResponse.newBuilder();
    switch (devices.register(call.caller(), registration, call.now())) {
      case DeviceService.RegisterOutcome.Registered _ -> response.getRegisteredBuilder();
      case DeviceService.RegisterOutcome.StaleKey _ -> response.getStaleKeyBuilder();
      case DeviceService.RegisterOutcome.TooManyDevices tooMany ->
          response.getTooManyDevicesBuilder().setDevicesMax(tooMany.devicesMax());
    }
    return response.build();
  }

  private static List<Bytes> keyPackages(RegisterDeviceRequest request) {
    if (request.getKeyPackagesCount() > KEY_PACKAGES_MAX) {
      throw RpcException.tooLarge("key_packages", KEY_PACKAGES_MAX);
    }
    if (request.getKeyPackagesCount() == 0) {
      throw RpcException.invalid("key_packages");
    }
    var packages = new ArrayList<Bytes>();
    for (var keyPackage : request.getKeyPackagesList()) {
      packages.add(Fields.atMost("key_packages", keyPackage, KEY_PACKAGE_BYTES_MAX));
    }
    return packages;
  }

  private ListDevicesResponse listDevices(Call call, Empty request) {
    var response = ListDevicesResponse.newBuilder();
    for (var device : devices.list(call.caller())) {
      response.addDevices(AccountCodec.ownDevice(device));
    }
    return response.build();
  }

  private UnlinkDeviceResponse unlinkDevice(Call call, UnlinkDeviceRequest request) {
    var device = Fields.device("device_id", request.getDeviceId());
    var remaining = devices.unlink(call.caller(), device, call.now());
    return UnlinkDeviceResponse.newBuilder().addAllUnlocks(AccountCodec.waysIn(remaining)).build();
  }

  private RotateAccountKeyResponse rotateAccountKey(Call call, RotateAccountKeyRequest request) {
    if (request.getUnlocksCount() > WAYS_IN_MAX) {
      throw RpcException.tooLarge("unlocks", WAYS_IN_MAX);
    }
    var keys = AccountCodec.keys("keys", request.getKeys());
    var waysIn = new ArrayList<WayIn>();
    for (var unlock : request.getUnlocksList()) {
      waysIn.add(AccountCodec.wayIn("unlocks", unlock));
    }
    var response = RotateAccountKeyResponse.newBuilder();
    switch (devices.rotate(call.caller(), keys, waysIn)) {
      case DeviceService.RotateOutcome.Rotated _ -> response.getRotatedBuilder();
      case DeviceService.RotateOutcome.Conflict conflict ->
          response
              .getConflictBuilder()
              .setCurrent(AccountCodec.keys(conflict.current()))
              .addAllUnlocks(AccountCodec.waysIn(conflict.waysIn()));
    }
    return response.build();
  }

  private Me changeProfile(Call call, ChangeProfileRequest request) {
    var name =
        request.hasDisplayName()
            ? Fields.line(
                "display_name", request.getDisplayName(), SignUpRoutes.DISPLAY_NAME_CHARACTERS_MAX)
            : null;
    var language =
        request.hasLanguage() ? Fields.language("language", request.getLanguage()) : null;
    return codec.me(profiles.change(call.caller(), name, language));
  }

  private ChangePassphraseResponse changePassphrase(Call call, ChangePassphraseRequest request) {
    var kdf = AccountCodec.kdf("new_kdf", request.getNewKdf());
    var wayIn = AccountCodec.wayIn("new_unlock", request.getNewUnlock());
    if (!wayIn.name().equals(WayIn.Name.PASSPHRASE)) {
      throw RpcException.invalid("new_unlock.kind");
    }
    var response = ChangePassphraseResponse.newBuilder();
    try (var current = SignUpRoutes.authKey("current_auth_key", request.getCurrentAuthKey());
        var next = SignUpRoutes.authKey("new_auth_key", request.getNewAuthKey())) {
      var change = new ProfileService.NewPassphrase(next, kdf, wayIn);
      var caller = call.caller();
      switch (profiles.changePassphrase(caller, current, change, call.address(), call.now())) {
        case CHANGED -> response.getChangedBuilder();
        case WRONG_PASSPHRASE -> response.getWrongPassphraseBuilder();
        case STALE_KEY -> response.getStaleKeyBuilder();
      }
    }
    return response.build();
  }

  private StartEmailChangeResponse startEmailChange(Call call, StartEmailChangeRequest request) {
    var address = Fields.email("new_email", request.getNewEmail());
    var response = StartEmailChangeResponse.newBuilder();
    try (var authKey = SignUpRoutes.authKey("auth_key", request.getAuthKey())) {
      var caller = call.caller();
      switch (profiles.startEmailChange(caller, address, authKey, call.address(), call.now())) {
        case MAIL_SENT -> response.getMailSentBuilder();
        case WRONG_PASSPHRASE -> response.getWrongPassphraseBuilder();
      }
    }
    return response.build();
  }

  private GetAccountsResponse getAccounts(Call call, GetAccountsRequest request) {
    if (request.getAccountIdsCount() > ACCOUNTS_ASKED_MAX) {
      throw RpcException.tooLarge("account_ids", ACCOUNTS_ASKED_MAX);
    }
    var asked = new LinkedHashSet<AccountId>();
    for (var id : request.getAccountIdsList()) {
      asked.add(Fields.account("account_ids", id));
    }
    if (request.getFormerDeviceIdsCount() > FORMER_DEVICES_ASKED_MAX) {
      throw RpcException.tooLarge("former_device_ids", FORMER_DEVICES_ASKED_MAX);
    }
    var former = new LinkedHashSet<DeviceId>();
    for (var id : request.getFormerDeviceIdsList()) {
      former.add(Fields.device("former_device_ids", id));
    }
    var response = GetAccountsResponse.newBuilder();
    for (var entry : directory.find(call.caller(), asked, former)) {
      response.addAccounts(codec.entry(entry));
    }
    return response.build();
  }
}
