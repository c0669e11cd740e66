package crypho.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.client.keys.DeviceKeys;
import crypho.client.message.Deposits;
import crypho.client.message.Envelope;
import crypho.client.message.EpochKeys;
import crypho.client.message.EpochRef;
import crypho.client.mls.Leaf;
import crypho.client.mls.MlsException;
import crypho.client.mls.MlsGroup;
import crypho.client.rpc.RpcFailure;
import crypho.wire.v1.AcknowledgeWelcomeRequest;
import crypho.wire.v1.ClaimKeyPackagesRequest;
import crypho.wire.v1.ClaimKeyPackagesResponse;
import crypho.wire.v1.CommitRefusal;
import crypho.wire.v1.CommitRequest;
import crypho.wire.v1.CommitResponse;
import crypho.wire.v1.Content;
import crypho.wire.v1.ConversationRequest;
import crypho.wire.v1.Empty;
import crypho.wire.v1.GetConversationResponse;
import crypho.wire.v1.GetGroupInfoResponse;
import crypho.wire.v1.GetWelcomeResponse;
import crypho.wire.v1.PendingRemoval;
import crypho.wire.v1.PutDepositsRequest;
import crypho.wire.v1.PutDepositsResponse;
import crypho.wire.v1.ReadLogRequest;
import crypho.wire.v1.ReadLogResponse;
import crypho.wire.v1.Role;
import crypho.wire.v1.SendRequest;
import crypho.wire.v1.SendResponse;
import crypho.wire.v1.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// One conversation: follows its MLS group, sends, and reads its log. One thread at a time.
///
/// | the group here        | what `sync` does                                                   |
/// | --------------------- | ------------------------------------------------------------------ |
/// | none                  | joins by the Welcome that waits, else by an external commit        |
/// | an earlier epoch      | follows the commits, in order, keeping each epoch's key            |
/// | an earlier generation | was reset: joins the new one                                       |
/// | a commit that fails   | joins again externally; old keys stay, so history stays readable   |
/// | of a member who went  | forgets it: what was read stays readable, nothing more can be sent |
///
/// A commit of one's own counts only once the server has accepted it.
public final class Conversation {
  private static final int TRIES_MAX = 8;

  private final Session session;
  private final ConversationId id;
  private final LogReader reader;
  private @Nullable MlsGroup group;
  private int generation;

  /// The entry up to which commits have been followed.
  private long followedSeq;

  /// What one commit is to bring about, besides the removals that are due.
  ///
  /// @param devicesOf accounts whose devices are added, as far as they are not in the group yet
  /// @param added those of them who become members by it
  /// @param removed members who go, with all their devices
  private record Change(
      Collection<AccountId> devicesOf, Collection<AccountId> added, Collection<AccountId> removed) {
    static final Change NONE = new Change(List.of(), List.of(), List.of());
  }

  Conversation(Session session, ConversationId id, @Nullable MlsGroup group) {
    this.session = session;
    this.id = id;
    this.group = group;
    this.reader = new LogReader(session, id);
  }

  public ConversationId id() {
    return id;
  }

  public long epoch() {
    return group().epoch();
  }

  /// The devices in the group, as this client sees them.
  public List<Leaf> members() throws MlsException {
    return group().members();
  }

  /// The secret that all keys of the epoch come from: two members in one epoch have the same.
  public byte[] exported() throws MlsException {
    return group().exported();
  }

  /// A group's name, as the newest message that sets it says; empty where none did.
  public String name() {
    return reader.settings().getName();
  }

  private MlsGroup group() {
    if (group == null) {
      throw new IllegalStateException("not joined: call sync first");
    }
    return group;
  }

  private void requireJoined() throws IOException, RpcFailure, ClientException, MlsException {
    if (group == null) {
      sync();
    }
    if (group == null) {
      throw new ClientException("not a member");
    }
  }

  private EpochRef epochRef() {
    return new EpochRef(id, generation, group().epoch());
  }

  /// Brings the group to the server's epoch, and completes the epoch's deposits where some are
  /// missing.
  public void sync() throws IOException, RpcFailure, ClientException, MlsException {
    var head = state().getHead();
    if (!head.getIsCurrent()) {
      group = null;
      return;
    }
    if (group == null || generation != head.getGeneration() || !head.getIsJoined()) {
      join(head.getHasWelcome());
    } else {
      follow();
    }
    depositForAll();
  }

  private GetConversationResponse state() throws IOException, RpcFailure {
    var state = call("GetConversation", request(), GetConversationResponse.parser());
    reader.admins(
        state.getMembersList().stream()
            .filter(member ->
                member.getRole() == Role.ROLE_OWNER || member.getRole() == Role.ROLE_ADMIN)
            .map(member -> AccountId.parse(member.getAccountId()))
            .collect(Collectors.toUnmodifiableSet()));
    return state;
  }

  private void join(boolean hasWelcome)
      throws IOException, RpcFailure, ClientException, MlsException {
    if (hasWelcome) {
      var waiting = call("GetWelcome", request(), GetWelcomeResponse.parser());
      try {
        enter(
            session.self().mls().join(waiting.getWelcome().toByteArray()),
            waiting.getGeneration(),
            waiting.getCommitSeq());
        var acknowledged =
            AcknowledgeWelcomeRequest.newBuilder()
                .setConversationId(id.toString())
                .setCommitSeq(waiting.getCommitSeq())
                .build();
        call("AcknowledgeWelcome", acknowledged, Empty.parser());
        follow();
        return;
      } catch (MlsException e) {
        // A Welcome that does not open: the external commit below repairs it.
        group = null;
      }
    }
    joinExternally();
  }

  private void joinExternally() throws IOException, RpcFailure, ClientException, MlsException {
    for (var tries = 0; tries < TRIES_MAX; tries++) {
      var info = call("GetGroupInfo", request(), GetGroupInfoResponse.parser());
      generation = info.getGeneration();
      var pending =
          session.self().mls().joinExternally(info.getGroupInfo().toByteArray(), session.now());
      session.directory().check(pending.next().members());
      if (submit(pending, info.getEpoch(), List.of(), List.of())) {
        return;
      }
    }
    throw new ClientException("others commit too fast");
  }

  /// Follows others' commits from where we are.
  private void follow() throws IOException, RpcFailure, ClientException, MlsException {
    ReadLogResponse page;
    do {
      var request =
          ReadLogRequest.newBuilder()
              .setConversationId(id.toString())
              .setAfterSeq(followedSeq)
              .setCommitsOnly(true)
              .build();
      page = call("ReadLog", request, ReadLogResponse.parser());
      for (var entry : page.getEntriesList()) {
        if (entry.hasCommit()
            && entry.getGeneration() == generation
            && entry.getEpoch() == group().epoch()) {
          try {
            enter(
                group().process(entry.getCommit().getCommit().toByteArray()),
                generation,
                entry.getSeq());
          } catch (MlsException e) {
            // A commit that we cannot follow (or our own, whose answer was lost): join again.
            joinExternally();
            return;
          }
        }
        followedSeq = Math.max(followedSeq, entry.getSeq());
      }
    } while (page.getHasMore());
  }

  /// Takes on a group after checking who is in it, and keeps its key before anything else happens.
  private void enter(MlsGroup next, int nextGeneration, long seq)
      throws IOException, RpcFailure, ClientException, MlsException {
    session.directory().check(next.members());
    group = next;
    generation = nextGeneration;
    followedSeq = seq;
    var key = EpochKeys.conversationKey(next.exported(), epochRef());
    session.vault().putKey(epochRef(), key, false);
    reader.follow(
        epochRef(), next.members().stream().map(Leaf::device).collect(Collectors.toSet()));
  }

  /// Adds contacts, with all their devices, to a group that this account is the owner or an admin
  /// of. They read what is sent from now on.
  public void add(Collection<AccountId> contacts)
      throws IOException, RpcFailure, ClientException, MlsException {
    commit(new Change(contacts, contacts, List.of()));
    sendSettings();
  }

  /// Removes members with all their devices.
  public void remove(Collection<AccountId> members)
      throws IOException, RpcFailure, ClientException, MlsException {
    commit(new Change(List.of(), List.of(), members));
  }

  /// Turns the epoch: who has an earlier one's keys reads nothing that is sent afterwards.
  public void renew() throws IOException, RpcFailure, ClientException, MlsException {
    commit(Change.NONE);
  }

  /// The founding commit of a conversation that was just made here.
  void found(Collection<AccountId> everybody, Collection<AccountId> added)
      throws IOException, RpcFailure, ClientException, MlsException {
    commit(new Change(everybody, added, List.of()));
  }

  /// Names the group, for those who are in it now and those whom this client adds later. Only its
  /// owner and admins may.
  public void name(String name) throws IOException, RpcFailure, ClientException, MlsException {
    state();
    if (!reader.isAdmin(session.account())) {
      throw new ClientException("not an admin");
    }
    reader.settings(reader.settings().toBuilder().setName(name).build());
    sendSettings();
  }

  private void sendSettings() throws IOException, RpcFailure, ClientException, MlsException {
    if (!name().isEmpty()) {
      send(content().setGroupSettings(reader.settings()).build());
    }
  }

  private void commit(Change change) throws IOException, RpcFailure, ClientException, MlsException {
    requireJoined();
    for (var tries = 0; tries < TRIES_MAX; tries++) {
      var due =
          state().getPendingRemovalsList().stream()
              .map(PendingRemoval::getDeviceId)
              .collect(Collectors.toUnmodifiableSet());
      var leaving =
          group().members().stream()
              .filter(leaf ->
                  change.removed().contains(leaf.account()) || due.contains(leaf.device().hex()))
              .toList();
      var pending = group().commit(claim(change.devicesOf()), leaving);
      session.directory().check(pending.next().members());
      if (submit(pending, group().epoch(), change.added(), change.removed())) {
        depositForAll();
        return;
      }
      sync();
      requireJoined();
    }
    throw new ClientException("others commit too fast");
  }

  /// Key packages of those devices of the accounts that have no leaf yet.
  private List<Bytes> claim(Collection<AccountId> accounts)
      throws IOException, RpcFailure, ClientException {
    if (accounts.isEmpty()) {
      return List.of();
    }
    var request =
        ClaimKeyPackagesRequest.newBuilder()
            .setConversationId(id.toString())
            .addAllAccountIds(accounts.stream().map(AccountId::toString).toList())
            .build();
    var claimed = call("ClaimKeyPackages", request, ClaimKeyPackagesResponse.parser());
    if (claimed.getRefusedAccountIdsCount() > 0) {
      throw new ClientException("not a contact");
    }
    session.directory().refresh(accounts);
    var packages = new ArrayList<Bytes>();
    for (var each : claimed.getClaimedList()) {
      var device = new DeviceId(each.getDeviceId());
      if (!session.directory().isLinked(AccountId.parse(each.getAccountId()), device)) {
        throw new ClientException("a key package of a device that is not linked");
      }
      if (!device.equals(session.device())) {
        packages.add(Bytes.wrap(each.getKeyPackage().toByteArray()));
      }
    }
    return packages;
  }

  /// Sends a commit; false where another was first, or where a removal has become due meanwhile.
  private boolean submit(
      MlsGroup.Pending pending,
      long epoch,
      Collection<AccountId> added,
      Collection<AccountId> removed)
      throws IOException, RpcFailure, ClientException, MlsException {
    var request =
        CommitRequest.newBuilder()
            .setConversationId(id.toString())
            .setGeneration(generation)
            .setEpoch(epoch)
            .setCommit(bytes(pending.commit()))
            .setWelcome(bytes(pending.welcome()))
            .setGroupInfo(bytes(pending.groupInfo()))
            .addAllAddedAccountIds(added.stream().map(AccountId::toString).toList())
            .addAllRemovedAccountIds(removed.stream().map(AccountId::toString).toList())
            .build();
    var answer = call("Commit", request, CommitResponse.parser());
    return switch (answer.getOutcomeCase()) {
      case ACCEPTED -> {
        enter(pending.next(), generation, answer.getAccepted().getSeq());
        yield true;
      }
      case CONFLICT -> false;
      case REFUSED -> {
        var reason = answer.getRefused().getReason();
        if (reason != CommitRefusal.COMMIT_REFUSAL_PENDING_REMOVALS) {
          throw new ClientException("the commit was refused: " + reason);
        }
        yield false;
      }
      case OUTCOME_NOT_SET -> throw new ClientException("an answer from a newer server");
    };
  }

  private void depositForAll() throws IOException, RpcFailure, ClientException, MlsException {
    var state = state();
    if (state.getMissingDepositsCount() > 0 && state.getHead().getEpoch() == group().epoch()) {
      deposit(state.getMissingDepositsList().stream().map(AccountId::parse).toList());
    }
  }

  /// Seals the current epoch's key to accounts' deposit keys.
  private void deposit(Collection<AccountId> accounts)
      throws IOException, RpcFailure, ClientException, MlsException {
    session.directory().refresh(accounts);
    var key = EpochKeys.conversationKey(group().exported(), epochRef());
    var request = PutDepositsRequest.newBuilder().setConversationId(id.toString());
    for (var account : accounts) {
      var entry = session.directory().account(account);
      if (entry.isEmpty() || !DeviceKeys.isDepositKeyVouchedFor(entry.get())) {
        throw new ClientException("a deposit key that nobody vouches for");
      }
      request.addDeposits(
          Deposits.make(
              epochRef(), key, entry.get(), session.self().sender(), session.self().signingKey()));
    }
    var answer = call("PutDeposits", request.build(), PutDepositsResponse.parser());
    if (answer.hasRefused()) {
      throw new ClientException("a deposit was refused");
    }
  }

  public long send(String text) throws IOException, RpcFailure, ClientException, MlsException {
    return send(content().setText(Text.newBuilder().setText(text)).build());
  }

  private Content.Builder content() {
    return Content.newBuilder().setSentAtMs(session.now().toEpochMilli());
  }

  /// Sends until the server has it durably, once, and gives its place in the log. What stands in
  /// the way (an epoch that turned, removals or deposits that are due) is dealt with first.
  public long send(Content content) throws IOException, RpcFailure, ClientException, MlsException {
    requireJoined();
    var clientId = session.randomId();
    for (var tries = 0; tries < TRIES_MAX; tries++) {
      var request = sealed(content, clientId);
      var answer = call("Send", request, SendResponse.parser());
      switch (answer.getOutcomeCase()) {
        case ACCEPTED -> {
          return answer.getAccepted().getSeq();
        }
        case STALE_EPOCH, DEPOSIT_INCOMPLETE -> {
          sync();
          requireJoined();
        }
        case REMOVALS_PENDING -> commit(Change.NONE);
        case NOT_A_MEMBER -> throw new ClientException("not a member");
        case ERASE_NOT_ALLOWED, OUTCOME_NOT_SET ->
            throw new ClientException("an answer from a newer server");
      }
    }
    throw new ClientException("the group changes too fast");
  }

  private SendRequest sealed(Content content, Bytes clientId) throws MlsException {
    var epoch = epochRef();
    var header =
        Envelope.newHeader(
            Envelope.Purpose.MESSAGE, epoch, session.self().sender(), clientId, session.rng());
    var key = EpochKeys.conversationKey(group().exported(), epoch);
    var envelope = Envelope.seal(header, key, session.self().signingKey(), content.toByteArray());
    return SendRequest.newBuilder()
        .setConversationId(id.toString())
        .setClientId(bytes(clientId))
        .setGeneration(epoch.generation())
        .setEpoch(epoch.epoch())
        .setMessage(ByteString.copyFrom(envelope.encode()))
        .build();
  }

  /// The messages after an entry, in order, as far as they can be shown.
  public List<Received> read(long afterSeq) throws IOException, RpcFailure, ClientException {
    state();
    var all = new ArrayList<Received>();
    var cursor = afterSeq;
    ReadLogResponse page;
    do {
      var request =
          ReadLogRequest.newBuilder()
              .setConversationId(id.toString())
              .setAfterSeq(cursor)
              .setLimit(500)
              .build();
      page = call("ReadLog", request, ReadLogResponse.parser());
      for (var entry : page.getEntriesList()) {
        reader.read(entry).ifPresent(all::add);
        cursor = entry.getSeq();
      }
    } while (page.getHasMore());
    return all;
  }

  private ConversationRequest request() {
    return ConversationRequest.newBuilder().setConversationId(id.toString()).build();
  }

  /// Every method of a conversation may be repeated after a lost answer.
  private <T extends Message> T call(String method, Message request, Parser<T> response)
      throws IOException, RpcFailure {
    return session.rpc().insist(Session.CONVERSATIONS + method, request, response);
  }

  private static ByteString bytes(Bytes value) {
    return ByteString.copyFrom(value.asBuffer());
  }
}
