package crypho.client;

import com.google.protobuf.InvalidProtocolBufferException;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DecodeException;
import crypho.base.DeviceId;
import crypho.client.crypto.OpenException;
import crypho.client.message.Deposits;
import crypho.client.message.Envelope;
import crypho.client.message.EpochRef;
import crypho.client.rpc.RpcFailure;
import crypho.wire.v1.Content;
import crypho.wire.v1.Deposit;
import crypho.wire.v1.GroupSettings;
import crypho.wire.v1.LogEntry;
import crypho.wire.v1.ReadDepositsRequest;
import crypho.wire.v1.ReadDepositsResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Turns entries of a conversation's log into messages: header, signature, key, content, in that
/// order (docs/protocol/messages.md).
final class LogReader {
  private final Session session;
  private final ConversationId conversation;

  /// The devices in the group, of the epochs that this client was in itself.
  private final Map<EpochRef, Set<DeviceId>> members = new HashMap<>();

  private GroupSettings settings = GroupSettings.getDefaultInstance();
  private long settingsSeq;

  /// Whose settings count.
  private Set<AccountId> admins = Set.of();

  LogReader(Session session, ConversationId conversation) {
    this.session = session;
    this.conversation = conversation;
  }

  /// From now on messages of the epoch count only from these devices.
  void follow(EpochRef epoch, Set<DeviceId> devices) {
    members.put(epoch, Set.copyOf(devices));
  }

  void admins(Set<AccountId> accounts) {
    admins = accounts;
  }

  boolean isAdmin(AccountId account) {
    return admins.contains(account);
  }

  GroupSettings settings() {
    return settings;
  }

  void settings(GroupSettings next) {
    settings = next;
  }

  /// Empty for entries that are no messages.
  Optional<Received> read(LogEntry entry) throws IOException, RpcFailure, ClientException {
    var time = Instant.ofEpochMilli(entry.getTimeMs());
    return switch (entry.getBodyCase()) {
      case MESSAGE -> Optional.of(message(entry, time));
      case ERASED ->
          Optional.of(
              new Received.Erased(
                  entry.getSeq(), AccountId.parse(entry.getSenderAccountId()), time));
      case COMMIT, ROLE, LEFT, RESET, BODY_NOT_SET -> Optional.empty();
    };
  }

  private Received message(LogEntry entry, Instant time)
      throws IOException, RpcFailure, ClientException {
    var sender = AccountId.parse(entry.getSenderAccountId());
    try {
      var envelope = Envelope.decode(entry.getMessage().toByteArray());
      if (!isInItsPlace(envelope.header(), entry)) {
        return unreadable(entry, sender, time, Received.Reason.SIGNATURE);
      }
      var device = envelope.header().sender().device();
      var signingKey = session.directory().signingKey(sender, device);
      if (signingKey.isEmpty()) {
        return unreadable(entry, sender, time, Received.Reason.DEVICE_UNKNOWN);
      }
      if (!envelope.isSignedBy(signingKey.get())) {
        return unreadable(entry, sender, time, Received.Reason.SIGNATURE);
      }
      var there = members.get(envelope.header().epoch());
      if (there != null && !there.contains(device)) {
        return unreadable(entry, sender, time, Received.Reason.DEVICE_UNKNOWN);
      }
      var key = key(envelope.header().epoch());
      if (key.isEmpty()) {
        return unreadable(entry, sender, time, Received.Reason.KEY_MISSING);
      }
      var content = Content.parseFrom(envelope.open(key.get().toArray()));
      var isNewer = content.hasGroupSettings() && entry.getSeq() > settingsSeq;
      if (isNewer && isAdmin(sender)) {
        settings = content.getGroupSettings();
        settingsSeq = entry.getSeq();
      }
      return new Received.Opened(entry.getSeq(), sender, time, content);
    } catch (OpenException e) {
      return unreadable(entry, sender, time, Received.Reason.KEY_FALSE);
    } catch (DecodeException | InvalidProtocolBufferException e) {
      return unreadable(entry, sender, time, Received.Reason.CONTENT);
    }
  }

  private boolean isInItsPlace(Envelope.Header header, LogEntry entry) {
    var place = new EpochRef(conversation, entry.getGeneration(), entry.getEpoch());
    var sender =
        new Envelope.Sender(
            AccountId.parse(entry.getSenderAccountId()), new DeviceId(entry.getSenderDeviceId()));
    return header.purpose() == Envelope.Purpose.MESSAGE
        && header.epoch().equals(place)
        && header.sender().equals(sender)
        && header.clientId().equals(Bytes.wrap(entry.getClientId().toByteArray()));
  }

  /// From here, from the vault, or from what others have deposited.
  private Optional<Bytes> key(EpochRef epoch) throws IOException, RpcFailure, ClientException {
    var known = session.vault().key(epoch);
    if (known.isEmpty()) {
      session.vault().read();
      known = session.vault().key(epoch);
    }
    if (known.isEmpty()) {
      readDeposits(epoch);
      known = session.vault().key(epoch);
    }
    return known.map(key -> Bytes.wrap(key.getKey().toByteArray()));
  }

  private void readDeposits(EpochRef from) throws IOException, RpcFailure, ClientException {
    var request =
        ReadDepositsRequest.newBuilder()
            .setConversationId(conversation.toString())
            .setGeneration(from.generation())
            .setFromEpoch(from.epoch())
            .build();
    var page =
        session
            .rpc()
            .call(Session.CONVERSATIONS + "ReadDeposits", request, ReadDepositsResponse.parser());
    for (var deposit : page.getDepositsList()) {
      take(deposit);
    }
  }

  /// A deposit that does not hold is passed over: its messages then show that their key is missing.
  private void take(Deposit deposit) throws IOException, RpcFailure, ClientException {
    var epoch = new EpochRef(conversation, deposit.getGeneration(), deposit.getEpoch());
    if (session.vault().key(epoch).isPresent()) {
      return;
    }
    var signingKey =
        session
            .directory()
            .signingKey(
                AccountId.parse(deposit.getDepositorAccountId()),
                new DeviceId(deposit.getDepositorDeviceId()));
    if (signingKey.isEmpty() || !Deposits.isSignedBy(deposit, epoch, signingKey.get())) {
      return;
    }
    try {
      var accountKey = session.self().keys().generation(deposit.getKeyGeneration());
      session.vault().putKey(epoch, Deposits.open(deposit, epoch, accountKey), true);
    } catch (OpenException e) {
      // False: an own device that followed the epoch replaces it.
    }
  }

  private static Received unreadable(
      LogEntry entry, AccountId sender, Instant time, Received.Reason reason) {
    return new Received.Unreadable(entry.getSeq(), sender, time, reason);
  }
}
