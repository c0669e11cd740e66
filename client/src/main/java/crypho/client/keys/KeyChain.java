package crypho.client.keys;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Rng;
import crypho.client.crypto.OpenException;
import crypho.client.crypto.SigningKey;
import crypho.wire.v1.AccountKeys;
import java.util.ArrayList;
import java.util.List;

/// An account's keys, opened: every generation of the account key, oldest first, and the identity.
public record KeyChain(List<AccountKey> generations, SigningKey identity) {
  public KeyChain {
    generations = List.copyOf(generations);
  }

  public static KeyChain create(AccountId account, Rng rng) {
    return new KeyChain(List.of(AccountKey.first(account, rng)), SigningKey.generate(rng));
  }

  /// Opens what the server keeps, by the account key of the current generation.
  public static KeyChain open(AccountKey current, AccountKeys keys) throws OpenException {
    var sealed = keys.getSealedPreviousKeysList();
    if (current.generation() != keys.getKeyGeneration()
        || sealed.size() != current.generation() - 1) {
      throw new OpenException("key chain");
    }
    var generations = new ArrayList<AccountKey>();
    generations.add(current);
    for (var i = sealed.size() - 1; i >= 0; i--) {
      generations.addFirst(generations.getFirst().openPrevious(sealed.get(i).toByteArray()));
    }
    var identity = current.openIdentity(keys.getSealedIdentityKey().toByteArray());
    if (!ByteString.copyFrom(identity.publicKey().asBuffer()).equals(keys.getIdentityPublicKey())) {
      throw new OpenException("identity key");
    }
    return new KeyChain(generations, identity);
  }

  public AccountKey current() {
    return generations.getLast();
  }

  public AccountKey first() {
    return generations.getFirst();
  }

  /// @throws OpenException where there is no such generation
  public AccountKey generation(int generation) throws OpenException {
    if (generation < 1 || generation > generations.size()) {
      throw new OpenException("account key of another generation");
    }
    return generations.get(generation - 1);
  }

  /// One generation more, for a rotation.
  public KeyChain rotated(Rng rng) {
    var next = new ArrayList<>(generations);
    next.add(current().next(rng));
    return new KeyChain(next, identity);
  }

  /// The blind form that the server keeps.
  public AccountKeys toWire(Rng rng) {
    var current = current();
    var deposit = current.depositKeys().publicKey();
    var signed =
        DeviceKeys.depositSigned(current.account(), current.generation(), deposit.toArray());
    var keys =
        AccountKeys.newBuilder()
            .setKeyGeneration(current.generation())
            .setIdentityPublicKey(ByteString.copyFrom(identity.publicKey().asBuffer()))
            .setSealedIdentityKey(ByteString.copyFrom(current.sealIdentity(identity, rng)))
            .setDepositPublicKey(ByteString.copyFrom(deposit.asBuffer()))
            .setDepositSignature(ByteString.copyFrom(identity.sign(signed)));
    for (var i = 1; i < generations.size(); i++) {
      var sealed = generations.get(i).sealPrevious(generations.get(i - 1), rng);
      keys.addSealedPreviousKeys(ByteString.copyFrom(sealed));
    }
    return keys.build();
  }
}
