package crypho.server.conversation;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.base.Personal;
import crypho.mls.MemberId;
import crypho.server.account.DeviceDirectory;
import crypho.server.contact.ContactDirectory;
import crypho.server.live.api.Live;
import crypho.server.rpc.Call;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcMethod;
import crypho.server.rpc.RpcRegistry;
import crypho.server.rpc.SessionId;
import crypho.server.testing.TestDatabase;
import crypho.wire.v1.CommitRequest;
import crypho.wire.v1.CommitResponse;
import crypho.wire.v1.ConversationKind;
import crypho.wire.v1.ConversationRequest;
import crypho.wire.v1.CreateConversationRequest;
import crypho.wire.v1.CreateConversationResponse;
import crypho.wire.v1.Deposit;
import crypho.wire.v1.GetConversationResponse;
import crypho.wire.v1.Goodbye;
import crypho.wire.v1.PutDepositsRequest;
import crypho.wire.v1.PutDepositsResponse;
import crypho.wire.v1.ReadLogRequest;
import crypho.wire.v1.ReadLogResponse;
import crypho.wire.v1.SendRequest;
import crypho.wire.v1.SendResponse;
import crypho.wire.v1.ServerFrame;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// The feature on a real database, with the model of a group, driven through its methods as the
/// platform would.
final class ServiceFixture implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  final TestDatabase database = TestDatabase.fresh();
  final RpcRegistry registry = new RpcRegistry();
  final Map<DeviceId, DeviceDirectory.RegisteredDevice> devices = new HashMap<>();
  final Set<Set<AccountId>> contacts = new HashSet<>();
  final List<String> frames = new ArrayList<>();
  final LogWriter writer;
  final ConversationFrames socket;
  final ConversationEvents events;
  Instant now = NOW;
  private long ids = 1;

  ServiceFixture() {
    this(Limits.DEFAULT);
  }

  ServiceFixture(Limits limits) {
    this(limits, new ModelGroup());
  }

  ServiceFixture(Limits limits, GroupRules rules) {
    var publisher = new Publisher(new Recorder());
    var group = new ConversationService.Group(rules, "crypho.test", new Devices(), new Contacts());
    writer = new LogWriter(database.db(), publisher);
    var reads = new ReadService(database.db(), publisher);
    socket = new ConversationFrames(writer, reads, publisher);
    events = new ConversationEvents(publisher);
    new ConversationRoutes(
            new ConversationService(database.db(), writer, publisher, group, limits),
            reads,
            new KeyPackageService(database.db(), publisher, group),
            socket)
        .addTo(registry);
  }

  /// A registered device of a new account.
  MemberId person() {
    return device(new AccountId(new UUID(7, ids++)));
  }

  MemberId device(AccountId account) {
    var device = new DeviceId("d%015x".formatted(ids++));
    devices.put(device, new DeviceDirectory.RegisteredDevice(device, account, Bytes.EMPTY));
    return new MemberId(account, device);
  }

  /// Its leaves and key packages are checked against the key.
  void register(MemberId who, Bytes mlsSignatureKey) {
    devices.put(
        who.device(),
        new DeviceDirectory.RegisteredDevice(who.device(), who.account(), mlsSignatureKey));
  }

  /// As the account feature does when a device is unlinked.
  void unlink(MemberId who) {
    devices.remove(who.device());
    database
        .db()
        .transact(handle -> events.onDeviceUnlinked(handle, who.account(), who.device()))
        .run();
  }

  void befriend(MemberId one, MemberId other) {
    contacts.add(Set.of(one.account(), other.account()));
  }

  static Caller caller(MemberId who) {
    return new Caller(new SessionId(1), who.account(), who.device());
  }

  /// Calls a method as the platform does.
  // The registry knows each method's types.
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  <Q extends Message, A extends Message> A call(MemberId who, String method, Q request) {
    var entry = Objects.requireNonNull(registry.find("crypho.v1.ConversationService/" + method));
    var typed = (RpcMethod<Q, A>) entry.method();
    return typed.answer(new Call(caller(who), Personal.address("127.0.0.1"), now, false), request);
  }

  ConversationId newId() {
    return new ConversationId(new UUID(9, ids++));
  }

  CreateConversationResponse create(MemberId who, ConversationId id, ModelGroup.State first) {
    return call(
        who,
        "CreateConversation",
        CreateConversationRequest.newBuilder()
            .setConversationId(id.toString())
            .setKind(ConversationKind.CONVERSATION_KIND_GROUP)
            .setGroupInfo(bytes(first.encode()))
            .build());
  }

  CreateConversationResponse createDirect(
      MemberId who, MemberId peer, ConversationId id, ModelGroup.State first) {
    return call(
        who,
        "CreateConversation",
        CreateConversationRequest.newBuilder()
            .setConversationId(id.toString())
            .setKind(ConversationKind.CONVERSATION_KIND_DIRECT)
            .setPeerAccountId(peer.account().toString())
            .setGroupInfo(bytes(first.encode()))
            .build());
  }

  CommitRequest.Builder commit(ConversationId id, ModelGroup.State base, ModelGroup.Commit commit) {
    var bundle = ModelGroup.bundle(base, commit);
    var out =
        CommitRequest.newBuilder()
            .setConversationId(id.toString())
            .setGeneration(base.generation())
            .setEpoch(base.epoch())
            .setCommit(bytes(bundle.commit()))
            .setGroupInfo(bytes(bundle.groupInfo()));
    var welcome = bundle.welcome();
    if (welcome != null) {
      out.setWelcome(bytes(welcome));
    }
    return out;
  }

  CommitResponse submit(MemberId who, CommitRequest.Builder commit) {
    return call(who, "Commit", commit.build());
  }

  /// Deposits for everyone who lacks one.
  PutDepositsResponse deposit(MemberId who, ConversationId id) {
    var known = get(who, id);
    var out = PutDepositsRequest.newBuilder().setConversationId(id.toString());
    for (var account : known.getMissingDepositsList()) {
      out.addDeposits(
          Deposit.newBuilder()
              .setGeneration(known.getHead().getGeneration())
              .setEpoch(known.getHead().getEpoch())
              .setAccountId(account)
              .setSealedKey(ByteString.copyFrom(new byte[80]))
              .setKeyGeneration(1)
              .setDepositorAccountId(who.account().toString())
              .setDepositorDeviceId(who.device().hex())
              .setSignature(ByteString.copyFrom(new byte[64])));
    }
    return call(who, "PutDeposits", out.build());
  }

  GetConversationResponse get(MemberId who, ConversationId id) {
    return call(who, "GetConversation", conversation(id));
  }

  static ConversationRequest conversation(ConversationId id) {
    return ConversationRequest.newBuilder().setConversationId(id.toString()).build();
  }

  ReadLogResponse read(MemberId who, ConversationId id, long after) {
    return call(
        who,
        "ReadLog",
        ReadLogRequest.newBuilder().setConversationId(id.toString()).setAfterSeq(after).build());
  }

  SendResponse send(MemberId who, ConversationId id, long epoch, long name) {
    return call(who, "Send", message(who, id, 0, epoch, name, 500).build());
  }

  /// An envelope in the right form with a body of `size` bytes.
  static SendRequest.Builder message(
      MemberId who, ConversationId id, int generation, long epoch, long name, int size) {
    var clientId = new UUID(5, name);
    var out = ByteBuffer.allocate(82 + size + 64);
    out.put((byte) 1).put((byte) Fields.PURPOSE_MESSAGE);
    out.putLong(id.value().getMostSignificantBits());
    out.putLong(id.value().getLeastSignificantBits());
    out.putInt(generation).putLong(epoch);
    out.putLong(who.account().value().getMostSignificantBits());
    out.putLong(who.account().value().getLeastSignificantBits());
    out.putLong(DeviceCode.of(who.device()));
    out.putLong(clientId.getMostSignificantBits()).putLong(clientId.getLeastSignificantBits());
    return SendRequest.newBuilder()
        .setConversationId(id.toString())
        .setClientId(Entry.toBytes(clientId))
        .setGeneration(generation)
        .setEpoch(epoch)
        .setMessage(ByteString.copyFrom(out.array()));
  }

  static ByteString bytes(Bytes bytes) {
    return ByteString.copyFrom(bytes.asBuffer());
  }

  @Override
  public void close() {
    writer.close();
    database.close();
  }

  private final class Devices implements DeviceDirectory {
    @Override
    public Map<DeviceId, RegisteredDevice> find(Handle transaction, Collection<DeviceId> asked) {
      var out = new HashMap<DeviceId, RegisteredDevice>();
      for (var device : asked) {
        var found = devices.get(device);
        if (found != null) {
          out.put(device, found);
        }
      }
      return out;
    }

    @Override
    public Collection<RegisteredDevice> devicesOf(
        Handle transaction, Collection<AccountId> accounts) {
      return devices.values().stream()
          .filter(device -> accounts.contains(device.account()))
          .toList();
    }
  }

  private final class Contacts implements ContactDirectory {
    @Override
    public Set<AccountId> contactsAmong(
        Handle transaction, AccountId account, Collection<AccountId> asked) {
      var out = new HashSet<AccountId>();
      for (var other : asked) {
        if (!other.equals(account) && contacts.contains(Set.of(account, other))) {
          out.add(other);
        }
      }
      return out;
    }
  }

  /// Notes what would have gone out.
  private final class Recorder implements Live {
    @Override
    public void toAccount(AccountId account, ServerFrame frame) {
      note("account " + account + " " + frame.getBodyCase());
    }

    @Override
    public void toConversation(ConversationId conversation, ServerFrame frame) {
      note(
          frame.hasEntry()
              ? "entry " + frame.getEntry().getEntry().getSeq()
              : "all " + frame.getBodyCase());
    }

    @Override
    public void subscribe(ConversationId conversation, Collection<AccountId> accounts) {}

    @Override
    public void unsubscribe(ConversationId conversation, Collection<AccountId> accounts) {
      note("unsubscribe " + accounts.size());
    }

    @Override
    public void close(ConversationId conversation) {
      note("close");
    }

    @Override
    public void endSession(SessionId session, Goodbye.Reason reason) {}

    private void note(String what) {
      synchronized (frames) {
        frames.add(what);
      }
    }
  }
}
