package crypho.client;

import crypho.base.AccountId;
import crypho.base.DeviceId;
import crypho.base.Rng;
import crypho.client.crypto.OpenException;
import crypho.client.keys.AccountKey;
import crypho.client.keys.DeviceKeys;
import crypho.client.keys.KeyChain;
import crypho.client.keys.WaysIn;
import crypho.client.rpc.RpcClient;
import crypho.client.rpc.RpcFailure;
import crypho.wire.v1.AccountKeys;
import crypho.wire.v1.Empty;
import crypho.wire.v1.Me;
import crypho.wire.v1.RotateAccountKeyRequest;
import crypho.wire.v1.RotateAccountKeyResponse;
import crypho.wire.v1.UnlinkDeviceRequest;
import crypho.wire.v1.UnlinkDeviceResponse;
import crypho.wire.v1.Unlock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// The account's keys: read again where another device has turned the account key, and turned here
/// when a device is unlinked.
final class OwnKeys {
  private static final String ACCOUNTS = "crypho.v1.AccountService/";
  private static final int TRIES_MAX = 5;

  private final RpcClient rpc;
  private final DeviceKeys device;
  private final Rng rng;
  private KeyChain chain;

  /// As the server has them: earlier account keys stay sealed as they once were.
  private AccountKeys wire;

  OwnKeys(RpcClient rpc, DeviceKeys device, KeyChain chain, AccountKeys wire, Rng rng) {
    this.rpc = rpc;
    this.device = device;
    this.chain = chain;
    this.wire = wire;
    this.rng = rng;
  }

  KeyChain chain() {
    return chain;
  }

  AccountId account() {
    return chain.current().account();
  }

  /// The account key of a generation, which may have come since we last looked.
  AccountKey generation(int generation)
      throws IOException, RpcFailure, ClientException, OpenException {
    if (generation > chain.current().generation()) {
      refresh();
    }
    return chain.generation(generation);
  }

  /// Reads the keys again, by this device's way in. The server cannot slip in a key of its own: the
  /// identity would not open under it.
  void refresh() throws IOException, RpcFailure, ClientException {
    var me = rpc.insist(ACCOUNTS + "GetMe", Empty.getDefaultInstance(), Me.parser());
    if (me.getKeys().getKeyGeneration() <= chain.current().generation()) {
      return;
    }
    try {
      for (var unlock : me.getUnlocksList()) {
        if (unlock.getKind() == Unlock.Kind.KIND_DEVICE
            && unlock.getId().equals(device.device().hex())) {
          take(WaysIn.open(account(), unlock, device.unlock()), me.getKeys());
          return;
        }
      }
    } catch (OpenException e) {
      throw new ClientException("the account's keys", e);
    }
    throw new ClientException("this device is no way in");
  }

  private void take(AccountKey current, AccountKeys keys) throws ClientException, OpenException {
    var next = KeyChain.open(current, keys);
    if (!next.identity().publicKey().equals(chain.identity().publicKey())) {
      throw new ClientException("the account's identity key has changed");
    }
    chain = next;
    wire = keys;
  }

  /// Unlinks another device of the account, and turns the account key, so that what the device
  /// holds opens nothing new.
  void unlink(DeviceId lost) throws IOException, RpcFailure, ClientException {
    var request = UnlinkDeviceRequest.newBuilder().setDeviceId(lost.hex()).build();
    var ways =
        rpc.insist(ACCOUNTS + "UnlinkDevice", request, UnlinkDeviceResponse.parser())
            .getUnlocksList();
    for (var tries = 0; tries < TRIES_MAX; tries++) {
      var next = chain.rotated(rng);
      var keys = next.toWire(rng).toBuilder();
      for (var i = 0; i < wire.getSealedPreviousKeysCount(); i++) {
        keys.setSealedPreviousKeys(i, wire.getSealedPreviousKeys(i));
      }
      var rotation =
          RotateAccountKeyRequest.newBuilder().setKeys(keys).addAllUnlocks(sealed(next, ways));
      var answer =
          rpc.insist(
              ACCOUNTS + "RotateAccountKey", rotation.build(), RotateAccountKeyResponse.parser());
      if (answer.hasRotated()) {
        chain = next;
        wire = keys.build();
        return;
      }
      refresh();
      ways = answer.getConflict().getUnlocksList();
    }
    throw new ClientException("the account key changes too fast");
  }

  private static List<Unlock> sealed(KeyChain next, List<Unlock> ways) throws ClientException {
    var sealed = new ArrayList<Unlock>();
    try {
      for (var way : ways) {
        sealed.add(WaysIn.again(next.current(), next.identity(), way));
      }
    } catch (OpenException e) {
      throw new ClientException("a way in that nobody vouches for", e);
    }
    return sealed;
  }
}
