package crypho.client;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.base.Rng;
import crypho.client.crypto.SigningKey;
import crypho.client.keys.DeviceKeys;
import crypho.client.message.Envelope;
import crypho.client.message.EpochRef;
import crypho.client.mls.MlsDevice;
import crypho.client.mls.MlsException;
import crypho.client.rpc.LiveSocket;
import crypho.client.rpc.RpcClient;
import crypho.client.rpc.RpcFailure;
import crypho.wire.v1.ConversationKind;
import crypho.wire.v1.CreateConversationRequest;
import crypho.wire.v1.CreateConversationResponse;
import crypho.wire.v1.Empty;
import crypho.wire.v1.InvitationRequest;
import crypho.wire.v1.InvitationResponse;
import crypho.wire.v1.InviteRequest;
import crypho.wire.v1.InviteResponse;
import crypho.wire.v1.ListContactsResponse;
import crypho.wire.v1.ListConversationsResponse;
import crypho.wire.v1.ListDevicesResponse;
import crypho.wire.v1.Me;
import crypho.wire.v1.ServerFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/// A signed-in account with a device. One thread at a time, but for [#listen].
public final class Session {
  static final String CONVERSATIONS = "crypho.v1.ConversationService/";
  private static final String ACCOUNTS = "crypho.v1.AccountService/";
  private static final String CONTACTS = "crypho.v1.ContactService/";

  private final RpcClient rpc;
  private final Self self;
  private final InstantSource clock;
  private final Rng rng;
  private final Directory directory;
  private final Vault vault;
  private final Map<ConversationId, Conversation> conversations = new HashMap<>();

  /// The account as it signed in, and this device's keys.
  record Self(Me me, OwnKeys keys, DeviceKeys device, MlsDevice mls) {
    Envelope.Sender sender() {
      return new Envelope.Sender(keys.account(), device.device());
    }

    SigningKey signingKey() {
      return device.signing();
    }
  }

  Session(RpcClient rpc, Self self, InstantSource clock, Rng rng) {
    this.rpc = rpc;
    this.self = self;
    this.clock = clock;
    this.rng = rng;
    this.vault = new Vault(rpc, self.keys(), rng);
    this.directory = new Directory(rpc, self.keys(), vault, clock);
  }

  public AccountId account() {
    return self.keys().account();
  }

  public String displayName() {
    return self.me().getDisplayName();
  }

  RpcClient rpc() {
    return rpc;
  }

  Self self() {
    return self;
  }

  Rng rng() {
    return rng;
  }

  Instant now() {
    return clock.instant();
  }

  Directory directory() {
    return directory;
  }

  Vault vault() {
    return vault;
  }

  public DeviceId device() {
    return self.device().device();
  }

  /// The account's devices, this one among them.
  public List<DeviceId> devices() throws IOException, RpcFailure {
    return rpc
        .insist(ACCOUNTS + "ListDevices", Empty.getDefaultInstance(), ListDevicesResponse.parser())
        .getDevicesList()
        .stream()
        .map(device -> new DeviceId(device.getDeviceId()))
        .toList();
  }

  /// Ends another device of the account: it reads nothing that is sent from now on.
  public void unlink(DeviceId device) throws IOException, RpcFailure, ClientException {
    self.keys().unlink(device);
  }

  /// Ends the session and unlinks this device; the account and what was sent stay.
  public void logOut() throws IOException, RpcFailure {
    rpc.call(ACCOUNTS + "LogOut", Empty.getDefaultInstance(), Empty.parser());
  }

  /// Opens the socket. Events come on a thread of its own; its end is final.
  public LiveSocket listen(Consumer<ServerFrame> events) throws IOException {
    return LiveSocket.open(rpc, events);
  }

  public InviteResponse invite(String email, String note) throws IOException, RpcFailure {
    var request = InviteRequest.newBuilder().setEmail(email).setNote(note).build();
    return rpc.call(CONTACTS + "Invite", request, InviteResponse.parser());
  }

  public ListContactsResponse contacts() throws IOException, RpcFailure {
    return rpc.call(
        CONTACTS + "ListContacts", Empty.getDefaultInstance(), ListContactsResponse.parser());
  }

  public InvitationResponse accept(String invitationId) throws IOException, RpcFailure {
    var request = InvitationRequest.newBuilder().setInvitationId(invitationId).build();
    return rpc.call(CONTACTS + "AcceptInvitation", request, InvitationResponse.parser());
  }

  /// The conversation with a contact: the one there is, or a new one with all devices of both.
  public Conversation direct(AccountId contact)
      throws IOException, RpcFailure, ClientException, MlsException {
    var id = newId();
    var request =
        CreateConversationRequest.newBuilder()
            .setKind(ConversationKind.CONVERSATION_KIND_DIRECT)
            .setPeerAccountId(contact.toString());
    var answer = create(id, request);
    return switch (answer.getOutcomeCase()) {
      case CREATED -> {
        var made = conversation(id);
        made.found(List.of(contact, account()), List.of());
        yield made;
      }
      case EXISTS -> {
        conversations.remove(id);
        var there = conversation(ConversationId.parse(answer.getExists().getConversationId()));
        there.sync();
        yield there;
      }
      case NOT_A_CONTACT -> throw new ClientException("not a contact");
      case OWNED_GROUPS_LIMIT, OUTCOME_NOT_SET ->
          throw new ClientException("an answer from a newer server");
    };
  }

  /// A new group that this account owns.
  ///
  /// @param name for its members alone; the server does not learn it
  public Conversation group(String name, Collection<AccountId> contacts)
      throws IOException, RpcFailure, ClientException, MlsException {
    var id = newId();
    var request =
        CreateConversationRequest.newBuilder().setKind(ConversationKind.CONVERSATION_KIND_GROUP);
    var answer = create(id, request);
    return switch (answer.getOutcomeCase()) {
      case CREATED -> {
        var made = conversation(id);
        var everybody = new ArrayList<>(contacts);
        everybody.add(account());
        made.found(everybody, contacts);
        made.name(name);
        yield made;
      }
      case OWNED_GROUPS_LIMIT ->
          throw new ClientException("the account owns as many groups as it may");
      case EXISTS, NOT_A_CONTACT, OUTCOME_NOT_SET ->
          throw new ClientException("an answer from a newer server");
    };
  }

  private CreateConversationResponse create(
      ConversationId id, CreateConversationRequest.Builder request)
      throws IOException, RpcFailure, MlsException {
    var group = self.mls().create(new EpochRef(id, 0, 0).groupId(), now());
    request
        .setConversationId(id.toString())
        .setGroupInfo(ByteString.copyFrom(group.groupInfo().asBuffer()));
    var answer =
        rpc.call(
            CONVERSATIONS + "CreateConversation",
            request.build(),
            CreateConversationResponse.parser());
    conversations.put(id, new Conversation(this, id, group));
    return answer;
  }

  /// All conversations, brought up to date.
  public List<Conversation> conversations()
      throws IOException, RpcFailure, ClientException, MlsException {
    var listed =
        rpc.call(
            CONVERSATIONS + "ListConversations",
            Empty.getDefaultInstance(),
            ListConversationsResponse.parser());
    var all = new ArrayList<Conversation>();
    for (var head : listed.getConversationsList()) {
      if (head.getIsCurrent()) {
        var each = conversation(ConversationId.parse(head.getConversationId()));
        each.sync();
        all.add(each);
      }
    }
    return all;
  }

  public Conversation conversation(ConversationId id) {
    return conversations.computeIfAbsent(id, key -> new Conversation(this, key, null));
  }

  private ConversationId newId() {
    var raw = ByteBuffer.wrap(rng.bytes(16));
    var high = (raw.getLong() & ~0xf000L) | 0x4000L;
    return new ConversationId(new UUID(high, (raw.getLong() >>> 2) | 0x8000_0000_0000_0000L));
  }

  Bytes randomId() {
    return Bytes.wrap(rng.bytes(16));
  }
}
