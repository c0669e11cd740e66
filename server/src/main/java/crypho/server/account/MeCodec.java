package crypho.server.account;

import crypho.wire.v1.AccountEntry;
import crypho.wire.v1.Me;

/// Writes accounts for answers; opens their personal fields.
final class MeCodec {
  private final PersonalFields fields;
  private final int ownedGroupsMax;

  MeCodec(PersonalFields fields, int ownedGroupsMax) {
    this.fields = fields;
    this.ownedGroupsMax = ownedGroupsMax;
  }

  Me me(OwnAccount own) {
    var account = own.account();
    var profile = account.profile();
    var me =
        Me.newBuilder()
            .setAccountId(account.id().toString())
            .setEmail(fields.openEmail(profile).value())
            .setDisplayName(fields.openDisplayName(profile))
            .setLanguage(profile.language())
            .setKeys(AccountCodec.keys(account.keys()))
            .addAllUnlocks(AccountCodec.waysIn(own.waysIn()))
            .setKdf(AccountCodec.kdf(account.credentials().kdf()))
            .setCreatedAtMs(account.createdAt().toEpochMilli())
            .setIsSharedComputer(own.isSharedComputer())
            .setOwnedGroupsMax(ownedGroupsMax);
    if (own.deviceOrNull() != null) {
      me.setDeviceId(own.deviceOrNull().hex());
    }
    return me.build();
  }

  AccountEntry entry(DirectoryService.Entry entry) {
    var account = entry.account();
    var keys = account.keys();
    var out =
        AccountEntry.newBuilder()
            .setAccountId(account.id().toString())
            .setDisplayName(fields.openDisplayName(account.profile()))
            .setIdentityPublicKey(AccountCodec.bytes(keys.identityPublicKey()))
            .setDepositPublicKey(AccountCodec.bytes(keys.depositPublicKey()))
            .setDepositSignature(AccountCodec.bytes(keys.depositSignature()))
            .setKeyGeneration(keys.generation());
    for (var device : entry.devices()) {
      out.addDevices(
          entry.isOwn() ? AccountCodec.ownDevice(device) : AccountCodec.publicDevice(device));
    }
    for (var device : entry.former()) {
      out.addFormerDevices(AccountCodec.formerDevice(device));
    }
    return out.build();
  }
}
