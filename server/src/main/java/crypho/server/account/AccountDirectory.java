package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.base.Rng;
import crypho.server.seal.Sealer;
import crypho.wire.v1.Language;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// What other features may ask about accounts, inside their own transactions. Keeps no state.
public final class AccountDirectory implements DeviceDirectory {
  /// A person as those who may know them see them. Do not log.
  public record Person(
      AccountId account, String displayName, EmailAddress email, Language language) {
    @Override
    public String toString() {
      return "Person[" + account + "]";
    }
  }

  private final Sealer sealer;
  private final PersonalFields fields;
  private final AccountStore accounts = new AccountSql();
  private final DeviceStore devices = new DeviceSql();
  private final SignUpLinks signUpLinks;

  public AccountDirectory(Sealer sealer, Rng rng, AccountConfig config) {
    this.sealer = sealer;
    this.fields = new PersonalFields(sealer);
    var links = new Links(config.publicUrl(), rng);
    this.signUpLinks = new SignUpLinks(new SignUpSql(), fields, links, rng);
  }

  /// Keyed hash of the normalised address, 32 bytes: what addresses are compared by.
  public Bytes emailHash(EmailAddress address) {
    return fields.emailHash(address);
  }

  /// Whoever decides by whether an address has an account takes this first: held to the commit.
  public void lockAddress(Handle transaction, Bytes emailHash) {
    accounts.lockAddress(transaction, emailHash);
  }

  public @Nullable AccountId findByAddress(Handle transaction, Bytes emailHash) {
    var account = accounts.findByAddress(transaction, emailHash);
    return account == null ? null : account.id();
  }

  /// Those of `asked` that exist.
  public Map<AccountId, Person> people(Handle transaction, Collection<AccountId> asked) {
    var people = new HashMap<AccountId, Person>();
    for (var account : accounts.findAll(transaction, asked)) {
      var profile = account.profile();
      people.put(
          account.id(),
          new Person(
              account.id(),
              fields.openDisplayName(profile),
              fields.openEmail(profile),
              profile.language()));
    }
    return people;
  }

  /// Seals and opens other features' personal fields under the account's data key, so that they go
  /// with it.
  ///
  /// @return null where there is no such account
  public @Nullable FieldSealer sealerOf(Handle transaction, AccountId id) {
    return sealersOf(transaction, Set.of(id)).get(id);
  }

  public Map<AccountId, FieldSealer> sealersOf(Handle transaction, Collection<AccountId> asked) {
    return accounts.findAll(transaction, asked).stream()
        .collect(
            Collectors.toMap(
                Account::id, account -> new FieldSealer(sealer, account.profile().dataKey())));
  }

  /// A link that signs the address up, for a mail to that address. Personal and secret.
  public String signUpLink(
      Handle transaction, EmailAddress address, Language language, Duration validFor, Instant now) {
    return signUpLinks.issue(transaction, address, language, validFor, now);
  }

  public long countAccounts(Handle transaction) {
    return accounts.count(transaction);
  }

  @Override
  public Map<DeviceId, RegisteredDevice> find(Handle transaction, Collection<DeviceId> asked) {
    return devices.findAll(transaction, asked).stream()
        .map(AccountDirectory::registered)
        .collect(Collectors.toMap(RegisteredDevice::device, Function.identity()));
  }

  @Override
  public Collection<RegisteredDevice> devicesOf(Handle transaction, Collection<AccountId> asked) {
    return devices.ofAccounts(transaction, asked).stream()
        .map(AccountDirectory::registered)
        .toList();
  }

  private static RegisteredDevice registered(LinkedDevice device) {
    var keys = device.keys();
    return new RegisteredDevice(keys.device(), device.account(), keys.mlsSignatureKey());
  }
}
