package crypho.client.keys;

import crypho.base.AccountId;
import crypho.base.Invariant;
import crypho.base.Rng;
import crypho.client.crypto.Hkdf;
import crypho.client.crypto.Joined;
import crypho.client.crypto.KemKeyPair;
import crypho.client.crypto.OpenException;
import crypho.client.crypto.Sealed;
import crypho.client.crypto.SigningKey;

/// One generation of an account's key: 32 random bytes under which everything else hangs.
public final class AccountKey {
  private static final int KEY_BYTES = 32;

  private final AccountId account;
  private final int generation;
  private final byte[] value;

  public AccountKey(AccountId account, int generation, byte[] value) {
    Invariant.check(value.length == KEY_BYTES, "an account key has 32 bytes");
    Invariant.check(generation > 0, "generations start at 1");
    this.account = account;
    this.generation = generation;
    this.value = value.clone();
  }

  public static AccountKey first(AccountId account, Rng rng) {
    return new AccountKey(account, 1, rng.bytes(KEY_BYTES));
  }

  public AccountKey next(Rng rng) {
    return new AccountKey(account, generation + 1, rng.bytes(KEY_BYTES));
  }

  public AccountId account() {
    return account;
  }

  public int generation() {
    return generation;
  }

  public byte[] value() {
    return value.clone();
  }

  public byte[] vaultKey() {
    return Hkdf.derive(value, "crypho vault v1");
  }

  public KemKeyPair depositKeys() {
    return KemKeyPair.derive(Hkdf.derive(value, "crypho deposit v1"));
  }

  public byte[] sealIdentity(SigningKey identity, Rng rng) {
    return Sealed.seal(identitySealKey(), identity.seed(), identityData(), rng);
  }

  public SigningKey openIdentity(byte[] sealed) throws OpenException {
    var seed = Sealed.open(identitySealKey(), sealed, identityData(), "identity key");
    if (seed.length != SigningKey.SEED_BYTES) {
      throw new OpenException("identity key");
    }
    return SigningKey.ofSeed(seed);
  }

  /// The generation before this one, sealed under this one.
  public byte[] sealPrevious(AccountKey previous, Rng rng) {
    return Sealed.seal(previousKey(), previous.value, previousData(previous.generation), rng);
  }

  public AccountKey openPrevious(byte[] sealed) throws OpenException {
    var key =
        Sealed.open(previousKey(), sealed, previousData(generation - 1), "previous account key");
    return new AccountKey(account, generation - 1, key);
  }

  private byte[] identitySealKey() {
    return Hkdf.derive(value, "crypho identity v1");
  }

  private byte[] previousKey() {
    return Hkdf.derive(value, "crypho previous v1");
  }

  private byte[] identityData() {
    return Joined.label("crypho identity v1").account(account).toBytes();
  }

  private byte[] previousData(int previousGeneration) {
    return Joined.label("crypho previous v1").account(account).u32(previousGeneration).toBytes();
  }
}
