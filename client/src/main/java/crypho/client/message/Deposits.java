package crypho.client.message;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.client.crypto.Joined;
import crypho.client.crypto.KemKeyPair;
import crypho.client.crypto.OpenException;
import crypho.client.crypto.SigningKey;
import crypho.client.keys.AccountKey;
import crypho.wire.v1.AccountEntry;
import crypho.wire.v1.Deposit;

/// An epoch's conversation key, sealed to an account's deposit key, so that a person whose devices
/// were all off still reads everything.
public final class Deposits {
  private static final String LABEL = "crypho deposit v1";

  private Deposits() {}

  /// The caller has checked that the recipient's identity vouches for its deposit key.
  public static Deposit make(
      EpochRef epoch,
      byte[] conversationKey,
      AccountEntry recipient,
      Envelope.Sender depositor,
      SigningKey signingKey) {
    var account = AccountId.parse(recipient.getAccountId());
    var info = info(epoch, account);
    var to = Bytes.wrap(recipient.getDepositPublicKey().toByteArray());
    var sealed = KemKeyPair.sealTo(to, info, conversationKey);
    var signed = signed(info, recipient.getKeyGeneration(), sealed);
    return Deposit.newBuilder()
        .setGeneration(epoch.generation())
        .setEpoch(epoch.epoch())
        .setAccountId(recipient.getAccountId())
        .setSealedKey(ByteString.copyFrom(sealed))
        .setKeyGeneration(recipient.getKeyGeneration())
        .setDepositorAccountId(depositor.account().toString())
        .setDepositorDeviceId(depositor.device().hex())
        .setSignature(ByteString.copyFrom(signingKey.sign(signed)))
        .build();
  }

  /// True where the depositor's device has signed it. The caller has certified that device.
  public static boolean isSignedBy(Deposit deposit, EpochRef epoch, Bytes signingKey) {
    var info = info(epoch, AccountId.parse(deposit.getAccountId()));
    var signed = signed(info, deposit.getKeyGeneration(), deposit.getSealedKey().toByteArray());
    return SigningKey.verifies(signingKey, signed, deposit.getSignature().toByteArray());
  }

  /// The conversation key, by the account key of the generation that the deposit names.
  public static byte[] open(Deposit deposit, EpochRef epoch, AccountKey key) throws OpenException {
    return open(deposit, epoch, key.account(), key.depositKeys());
  }

  /// As above, by the deposit key pair itself.
  public static byte[] open(
      Deposit deposit, EpochRef epoch, AccountId recipient, KemKeyPair depositKeys)
      throws OpenException {
    return depositKeys.open(
        deposit.getSealedKey().toByteArray(), info(epoch, recipient), "deposit");
  }

  private static byte[] info(EpochRef epoch, AccountId recipient) {
    return Joined.start().bytes(epoch.labelled(LABEL)).account(recipient).toBytes();
  }

  private static byte[] signed(byte[] info, int keyGeneration, byte[] sealed) {
    return Joined.start().bytes(info).u32(keyGeneration).bytes(sealed).toBytes();
  }
}
