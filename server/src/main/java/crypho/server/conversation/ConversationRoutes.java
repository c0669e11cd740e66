package crypho.server.conversation;

import com.google.protobuf.Message;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.mls.CommitBundle;
import crypho.server.live.api.SocketFrames.Answer;
import crypho.server.rpc.Access;
import crypho.server.rpc.Call;
import crypho.server.rpc.RateLimit;
import crypho.server.rpc.RpcException;
import crypho.server.rpc.RpcMethod;
import crypho.server.rpc.RpcRegistry;
import crypho.wire.v1.AcknowledgeWelcomeRequest;
import crypho.wire.v1.ClaimKeyPackagesRequest;
import crypho.wire.v1.ClaimKeyPackagesResponse;
import crypho.wire.v1.CommitRequest;
import crypho.wire.v1.CommitResponse;
import crypho.wire.v1.ConversationKind;
import crypho.wire.v1.ConversationRequest;
import crypho.wire.v1.CreateConversationRequest;
import crypho.wire.v1.CreateConversationResponse;
import crypho.wire.v1.Deposit;
import crypho.wire.v1.Empty;
import crypho.wire.v1.ErrorReason;
import crypho.wire.v1.KeyPackageCount;
import crypho.wire.v1.ListConversationsResponse;
import crypho.wire.v1.PutDepositsRequest;
import crypho.wire.v1.PutDepositsResponse;
import crypho.wire.v1.PutMarkerRequest;
import crypho.wire.v1.ReadDepositsRequest;
import crypho.wire.v1.ReadDepositsResponse;
import crypho.wire.v1.ReadLogRequest;
import crypho.wire.v1.ReadLogResponse;
import crypho.wire.v1.ResetGroupRequest;
import crypho.wire.v1.SendRequest;
import crypho.wire.v1.SendResponse;
import crypho.wire.v1.SetRoleRequest;
import crypho.wire.v1.SetRoleResponse;
import crypho.wire.v1.UploadKeyPackagesRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// ConversationService on the wire: checks the form of every field, asks the services.
final class ConversationRoutes {
  private static final String SERVICE = "ConversationService";
  private static final RateLimit SENDS = new RateLimit(6_000, Duration.ofMinutes(1));
  private static final RateLimit COMMITS = new RateLimit(300, Duration.ofMinutes(1));
  private static final int COMMIT_BODY_BYTES_MAX =
      Limits.COMMIT_BYTES_MAX
          + Limits.WELCOME_BYTES_MAX
          + Limits.GROUP_INFO_BYTES_MAX
          + (128 << 10);
  private static final int KEY_PACKAGES_BODY_BYTES_MAX = 1 << 20;
  private static final int DEPOSITS_BODY_BYTES_MAX = 1 << 20;

  /// More are refused by the size of the group; this bounds the list.
  private static final int ACCOUNTS_MAX = 10_000;

  private static final int SEALED_KEY_BYTES = 32 + 32 + 16;
  private static final int SIGNATURE_BYTES = 64;
  private static final int SEND_WAIT_SECONDS = 30;

  private final ConversationService conversations;
  private final ReadService reads;
  private final KeyPackageService keyPackages;
  private final ConversationFrames frames;

  ConversationRoutes(
      ConversationService conversations,
      ReadService reads,
      KeyPackageService keyPackages,
      ConversationFrames frames) {
    this.conversations = conversations;
    this.reads = reads;
    this.keyPackages = keyPackages;
    this.frames = frames;
  }

  void addTo(RpcRegistry registry) {
    var conversation = ConversationRequest.getDefaultInstance();
    large(
        registry,
        "CreateConversation",
        CreateConversationRequest.getDefaultInstance(),
        this::create);
    add(registry, "ListConversations", Empty.getDefaultInstance(), this::list);
    add(
        registry,
        "GetConversation",
        conversation,
        (call, request) -> reads.get(id(request), Fields.member(call.caller())));
    add(
        registry,
        "GetGroupInfo",
        conversation,
        (call, request) -> reads.groupInfo(id(request), Fields.member(call.caller())));
    registry.add(
        SERVICE,
        "UploadKeyPackages",
        UploadKeyPackagesRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.ORDINARY,
        KEY_PACKAGES_BODY_BYTES_MAX,
        this::uploadKeyPackages);
    add(
        registry,
        "CountKeyPackages",
        Empty.getDefaultInstance(),
        (call, _) -> keyPackages.count(Fields.member(call.caller()), call.now()));
    add(registry, "ClaimKeyPackages", ClaimKeyPackagesRequest.getDefaultInstance(), this::claim);
    large(registry, "Commit", CommitRequest.getDefaultInstance(), this::commit);
    large(registry, "ResetGroup", ResetGroupRequest.getDefaultInstance(), this::reset);
    add(
        registry,
        "GetWelcome",
        conversation,
        (call, request) -> reads.welcome(id(request), Fields.member(call.caller())));
    add(
        registry,
        "AcknowledgeWelcome",
        AcknowledgeWelcomeRequest.getDefaultInstance(),
        this::acknowledgeWelcome);
    registry.add(
        SERVICE,
        "PutDeposits",
        PutDepositsRequest.getDefaultInstance(),
        Access.DEVICE,
        RateLimit.ORDINARY,
        DEPOSITS_BODY_BYTES_MAX,
        this::putDeposits);
    add(registry, "ReadDeposits", ReadDepositsRequest.getDefaultInstance(), this::readDeposits);
    registry.add(
        SERVICE,
        "Send",
        SendRequest.getDefaultInstance(),
        Access.DEVICE,
        SENDS,
        128 << 10,
        this::send);
    add(registry, "ReadLog", ReadLogRequest.getDefaultInstance(), this::readLog);
    add(
        registry,
        "PutMarker",
        PutMarkerRequest.getDefaultInstance(),
        (call, request) -> frames.putMarker(call.caller(), request, call.now()));
    add(
        registry,
        "Leave",
        conversation,
        (call, request) ->
            conversations.leave(id(request), Fields.member(call.caller()), call.now()));
    add(registry, "SetRole", SetRoleRequest.getDefaultInstance(), this::setRole);
    add(
        registry,
        "DeleteConversation",
        conversation,
        (call, request) -> {
          conversations.delete(id(request), call.caller().account());
          return Empty.getDefaultInstance();
        });
  }

  private static <Q extends Message, A extends Message> void add(
      RpcRegistry registry, String name, Q prototype, RpcMethod<Q, A> method) {
    registry.add(SERVICE, name, prototype, Access.DEVICE, RateLimit.ORDINARY, method);
  }

  private static <Q extends Message, A extends Message> void large(
      RpcRegistry registry, String name, Q prototype, RpcMethod<Q, A> method) {
    registry.add(SERVICE, name, prototype, Access.DEVICE, COMMITS, COMMIT_BODY_BYTES_MAX, method);
  }

  private static ConversationId id(ConversationRequest request) {
    return Fields.conversation(request.getConversationId());
  }

  private CreateConversationResponse create(Call call, CreateConversationRequest request) {
    var caller = Fields.member(call.caller());
    var id = Fields.conversation(request.getConversationId());
    var info = Fields.bytes("group_info", request.getGroupInfo(), Limits.GROUP_INFO_BYTES_MAX);
    var kind = request.getKind();
    if (kind == ConversationKind.CONVERSATION_KIND_GROUP) {
      if (!request.getPeerAccountId().isEmpty()) {
        throw RpcException.invalid("peer_account_id");
      }
      return conversations.create(
          caller, new ConversationService.NewConversation(id, null, info), call.now());
    }
    if (kind != ConversationKind.CONVERSATION_KIND_DIRECT) {
      throw RpcException.invalid("kind");
    }
    var peer = Fields.account("peer_account_id", request.getPeerAccountId());
    if (peer.equals(caller.account())) {
      throw RpcException.invalid("peer_account_id");
    }
    return conversations.create(
        caller, new ConversationService.NewConversation(id, peer, info), call.now());
  }

  private ListConversationsResponse list(Call call, Empty request) {
    return ListConversationsResponse.newBuilder()
        .addAllConversations(reads.list(Fields.member(call.caller())))
        .build();
  }

  private KeyPackageCount uploadKeyPackages(Call call, UploadKeyPackagesRequest request) {
    if (request.getKeyPackagesCount() > Limits.KEY_PACKAGES_A_CALL_MAX) {
      throw RpcException.tooLarge("key_packages", Limits.KEY_PACKAGES_A_CALL_MAX);
    }
    var packages = new ArrayList<Bytes>();
    for (var each : request.getKeyPackagesList()) {
      packages.add(Fields.bytes("key_packages", each, Limits.KEY_PACKAGE_BYTES_MAX));
    }
    var lastResort =
        request.getLastResort().isEmpty()
            ? null
            : Fields.bytes("last_resort", request.getLastResort(), Limits.KEY_PACKAGE_BYTES_MAX);
    return keyPackages.upload(Fields.member(call.caller()), packages, lastResort, call.now());
  }

  private ClaimKeyPackagesResponse claim(Call call, ClaimKeyPackagesRequest request) {
    var accounts =
        Fields.accounts("account_ids", request.getAccountIdsList(), Limits.CLAIMED_ACCOUNTS_MAX);
    return keyPackages.claim(
        Fields.conversation(request.getConversationId()),
        Fields.member(call.caller()),
        accounts,
        call.now());
  }

  private CommitResponse commit(Call call, CommitRequest request) {
    Fields.epoch(request.getGeneration(), request.getEpoch());
    var welcome =
        request.getWelcome().isEmpty()
            ? null
            : Fields.bytes("welcome", request.getWelcome(), Limits.WELCOME_BYTES_MAX);
    var bundle =
        new CommitBundle(
            Fields.bytes("commit", request.getCommit(), Limits.COMMIT_BYTES_MAX),
            welcome,
            Fields.bytes("group_info", request.getGroupInfo(), Limits.GROUP_INFO_BYTES_MAX));
    var added =
        Fields.accounts("added_account_ids", request.getAddedAccountIdsList(), ACCOUNTS_MAX);
    var removed =
        Fields.accounts("removed_account_ids", request.getRemovedAccountIdsList(), ACCOUNTS_MAX);
    return conversations.commit(
        Fields.conversation(request.getConversationId()),
        Fields.member(call.caller()),
        new CommitRequestIn(
            request.getGeneration(),
            request.getEpoch(),
            bundle,
            added,
            removed,
            request.getSharesHistory()),
        call.now());
  }

  private CommitResponse reset(Call call, ResetGroupRequest request) {
    if (request.getGeneration() < 0 || request.getGeneration() == Integer.MAX_VALUE) {
      throw RpcException.invalid("generation");
    }
    return conversations.reset(
        Fields.conversation(request.getConversationId()),
        Fields.member(call.caller()),
        request.getGeneration(),
        Fields.bytes("group_info", request.getGroupInfo(), Limits.GROUP_INFO_BYTES_MAX),
        call.now());
  }

  private Empty acknowledgeWelcome(Call call, AcknowledgeWelcomeRequest request) {
    reads.acknowledgeWelcome(
        Fields.conversation(request.getConversationId()),
        Fields.member(call.caller()),
        request.getCommitSeq());
    return Empty.getDefaultInstance();
  }

  private PutDepositsResponse putDeposits(Call call, PutDepositsRequest request) {
    if (request.getDepositsCount() > Limits.DEPOSITS_A_CALL_MAX) {
      throw RpcException.tooLarge("deposits", Limits.DEPOSITS_A_CALL_MAX);
    }
    var caller = Fields.member(call.caller());
    var names = new HashSet<DepositName>();
    for (var deposit : request.getDepositsList()) {
      check(deposit);
      var isByCaller =
          deposit.getDepositorAccountId().equals(caller.account().toString())
              && deposit.getDepositorDeviceId().equals(caller.device().hex());
      var epoch = new EpochName(deposit.getGeneration(), deposit.getEpoch());
      var account = Fields.account("deposits.account_id", deposit.getAccountId());
      if (!isByCaller || !names.add(new DepositName(epoch, account))) {
        throw RpcException.invalid("deposits");
      }
    }
    return conversations.deposits(
        Fields.conversation(request.getConversationId()), caller, request.getDepositsList());
  }

  private static void check(Deposit deposit) {
    Fields.epoch(deposit.getGeneration(), deposit.getEpoch());
    if (deposit.getSealedKey().size() != SEALED_KEY_BYTES) {
      throw RpcException.malformed("deposits.sealed_key");
    }
    if (deposit.getSignature().size() != SIGNATURE_BYTES) {
      throw RpcException.malformed("deposits.signature");
    }
    if (deposit.getKeyGeneration() < 1) {
      throw RpcException.invalid("deposits.key_generation");
    }
  }

  private ReadDepositsResponse readDeposits(Call call, ReadDepositsRequest request) {
    Fields.epoch(request.getGeneration(), request.getFromEpoch());
    int limit = limit(request.getLimit(), Limits.DEPOSITS_READ_DEFAULT, Limits.DEPOSITS_A_CALL_MAX);
    return reads.deposits(
        Fields.conversation(request.getConversationId()),
        Fields.member(call.caller()),
        request,
        limit);
  }

  private static int limit(int asked, int otherwise, int max) {
    if (asked < 0 || asked > max) {
      throw RpcException.invalid("limit");
    }
    return asked == 0 ? otherwise : asked;
  }

  private ReadLogResponse readLog(Call call, ReadLogRequest request) {
    int limit = limit(request.getLimit(), Limits.ENTRIES_READ_DEFAULT, Limits.ENTRIES_READ_MAX);
    return reads.log(
        Fields.conversation(request.getConversationId()),
        Fields.member(call.caller()),
        request,
        limit);
  }

  private SetRoleResponse setRole(Call call, SetRoleRequest request) {
    var role = MemberRole.of(request.getRole());
    if (role == null) {
      throw RpcException.invalid("role");
    }
    return conversations.setRole(
        Fields.conversation(request.getConversationId()),
        Fields.member(call.caller()),
        Fields.account("account_id", request.getAccountId()),
        role,
        call.now());
  }

  /// For clients without a socket. The virtual thread waits for the writer.
  private SendResponse send(Call call, SendRequest request) {
    var done = new CompletableFuture<SendResponse>();
    frames.send(
        call.caller(),
        request,
        call.now(),
        new Answer<>() {
          @Override
          public void succeed(SendResponse response) {
            done.complete(response);
          }

          @Override
          public void fail(RpcException error) {
            done.completeExceptionally(error);
          }
        });
    try {
      return done.get(SEND_WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RpcException cause
          ? cause
          : RpcException.of(ErrorReason.ERROR_REASON_INTERNAL);
    } catch (TimeoutException e) {
      throw RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw RpcException.of(ErrorReason.ERROR_REASON_OVERLOADED);
    }
  }
}
