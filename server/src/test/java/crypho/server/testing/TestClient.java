package crypho.server.testing;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.mls.BcDevice;
import crypho.mls.GroupId;
import crypho.mls.MemberId;
import crypho.wire.v1.CompleteSignUpRequest;
import crypho.wire.v1.CompleteSignUpResponse;
import crypho.wire.v1.ConversationKind;
import crypho.wire.v1.CreateConversationRequest;
import crypho.wire.v1.CreateConversationResponse;
import crypho.wire.v1.Deposit;
import crypho.wire.v1.Empty;
import crypho.wire.v1.Language;
import crypho.wire.v1.LogInRequest;
import crypho.wire.v1.LogInResponse;
import crypho.wire.v1.OpenSignUpRequest;
import crypho.wire.v1.OpenSignUpResponse;
import crypho.wire.v1.PutDepositsRequest;
import crypho.wire.v1.PutDepositsResponse;
import crypho.wire.v1.ReadLogRequest;
import crypho.wire.v1.ReadLogResponse;
import crypho.wire.v1.RegisterDeviceRequest;
import crypho.wire.v1.RegisterDeviceResponse;
import crypho.wire.v1.SendRequest;
import crypho.wire.v1.SendResponse;
import crypho.wire.v1.StartSignUpRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/// Someone who uses a running server over HTTP: signs up by the mailed link, links a device, and
/// writes into a conversation of their own. Remembers what was acknowledged.
public final class TestClient {
  private static final Pattern LINK = Pattern.compile("/signup#([A-Za-z0-9_-]{43})");
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);

  /// A call that was answered with an error.
  public static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int status;

    private Refused(int status, String body) {
      super(status + " " + body);
      this.status = status;
    }

    public int status() {
      return status;
    }

    /// Whether the body names the reason, in the form of the contract.
    public boolean is(String reason) {
      return String.valueOf(getMessage()).contains("\"reason\":\"ERROR_REASON_" + reason + "\"");
    }
  }

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<ByteString> acknowledged = new ArrayList<>();
  private int port;
  private String token = "";
  private String email = "";
  private ByteString authKey = ByteString.EMPTY;
  private MemberId self = new MemberId(new AccountId(new UUID(0, 0)), new DeviceId("d".repeat(16)));
  private ConversationId conversation = new ConversationId(new UUID(0, 0));
  private long sent;

  public TestClient(int port) {
    this.port = port;
  }

  /// The server has come back elsewhere.
  public void use(int newPort) {
    port = newPort;
  }

  /// Log-in with the right passphrase, as if from another network address.
  public LogInResponse logIn(String address) {
    return logIn(address, authKey);
  }

  /// As [#logIn(String)] with what a guesser would try.
  public LogInResponse logIn(String address, ByteString guess) {
    return call(
        "AccountService/LogIn",
        LogInRequest.newBuilder().setEmail(email).setAuthKey(guess).build(),
        LogInResponse.getDefaultInstance(),
        address);
  }

  /// The body of a page and its status in front: `200 ready`.
  public String page(String path) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(uri(path)).timeout(ANSWER_MAX).build();
    var response = http.send(request, HttpResponse.BodyHandlers.ofString());
    return response.statusCode() + " " + response.body().strip();
  }

  private URI uri(String path) {
    return URI.create("http://localhost:" + port + path);
  }

  /// @throws Refused where the answer is an error
  public <A extends Message> A call(String method, Message request, A prototype) {
    return call(method, request, prototype, "");
  }

  // The prototype says what the answer is.
  @SuppressWarnings("unchecked")
  private <A extends Message> A call(String method, Message request, A prototype, String address) {
    var builder =
        HttpRequest.newBuilder(uri("/api/crypho.v1." + method))
            .timeout(ANSWER_MAX)
            .header("Content-Type", "application/proto")
            .POST(HttpRequest.BodyPublishers.ofByteArray(request.toByteArray()));
    if (!address.isEmpty()) {
      builder.header("X-Forwarded-For", address);
    }
    if (!token.isEmpty()) {
      builder.header("Authorization", "Bearer " + token);
    }
    try {
      var response = http.send(builder.build(), HttpResponse.BodyHandlers.ofByteArray());
      if (response.statusCode() != 200) {
        throw new Refused(
            response.statusCode(), ByteString.copyFrom(response.body()).toStringUtf8());
      }
      return (A) prototype.getParserForType().parseFrom(response.body());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new Refused(0, String.valueOf(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /// Signs up, links a device and makes a group with nobody else in it.
  public TestClient join(String address) throws IOException, InterruptedException {
    email = address;
    call(
        "AccountService/StartSignUp",
        StartSignUpRequest.newBuilder().setEmail(email).setLanguage(Language.LANGUAGE_EN).build(),
        Empty.getDefaultInstance());
    var link = ByteString.copyFrom(Base64.getUrlDecoder().decode(mailedToken()));
    var opened =
        call(
                "AccountService/OpenSignUp",
                OpenSignUpRequest.newBuilder().setToken(link).build(),
                OpenSignUpResponse.getDefaultInstance())
            .getOpened();
    var keys = new TestKeys(email.hashCode());
    keys.bind(opened.getAccountId());
    authKey = keys.bytes(32);
    var created =
        call(
            "AccountService/CompleteSignUp",
            CompleteSignUpRequest.newBuilder()
                .setToken(link)
                .setDisplayName("Test")
                .setLanguage(Language.LANGUAGE_EN)
                .setAuthKey(authKey)
                .setKdf(keys.kdf())
                .setKeys(keys.keys())
                .setPassphraseUnlock(keys.passphraseUnlock())
                .setTotpCode(
                    TestAccounts.totpCode(opened.getTotpSecret().toByteArray(), Instant.now()))
                .build(),
            CompleteSignUpResponse.getDefaultInstance());
    token =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(created.getCreated().getSessionToken().toByteArray());
    found(keys, AccountId.parse(opened.getAccountId()));
    return this;
  }

  /// Mails are handed over a moment after the call.
  private String mailedToken() throws IOException, InterruptedException {
    var end = Instant.now().plusSeconds(20);
    while (Instant.now().isBefore(end)) {
      var found = LINK.matcher(page("/mails.json"));
      if (found.find()) {
        return found.group(1);
      }
      Thread.sleep(50);
    }
    throw new IllegalStateException("no mail came");
  }

  private void found(TestKeys keys, AccountId account) {
    var id = "d" + UUID.randomUUID().toString().replace("-", "").substring(0, 15);
    self = new MemberId(account, new DeviceId(id));
    var mls = new BcDevice(self, "crypho");
    var device = keys.newDevice(id, ByteString.copyFrom(mls.signatureKey().toArray()));
    var registered =
        call(
            "AccountService/RegisterDevice",
            RegisterDeviceRequest.newBuilder()
                .setDevice(device)
                .setUnlock(keys.deviceUnlock(device))
                .addKeyPackages(ByteString.copyFrom(mls.deposit().message().toArray()))
                .build(),
            RegisterDeviceResponse.getDefaultInstance());
    conversation = new ConversationId(UUID.randomUUID());
    var made =
        call(
            "ConversationService/CreateConversation",
            CreateConversationRequest.newBuilder()
                .setConversationId(conversation.toString())
                .setKind(ConversationKind.CONVERSATION_KIND_GROUP)
                .setGroupInfo(
                    ByteString.copyFrom(mls.create(new GroupId(conversation, 0)).toArray()))
                .build(),
            CreateConversationResponse.getDefaultInstance());
    var deposited =
        call(
            "ConversationService/PutDeposits",
            PutDepositsRequest.newBuilder()
                .setConversationId(conversation.toString())
                .addDeposits(
                    Deposit.newBuilder()
                        .setAccountId(account.toString())
                        .setSealedKey(keys.bytes(80))
                        .setKeyGeneration(1)
                        .setDepositorAccountId(account.toString())
                        .setDepositorDeviceId(id)
                        .setSignature(keys.bytes(64)))
                .build(),
            PutDepositsResponse.getDefaultInstance());
    if (!registered.hasRegistered() || !made.hasCreated() || !deposited.hasStored()) {
      throw new IllegalStateException(registered + " " + made + " " + deposited);
    }
  }

  /// Sends the next message and remembers it once it is acknowledged.
  ///
  /// @throws Refused where it was not
  public void send(int bytes) {
    var client = new UUID(5, ++sent);
    var out = ByteBuffer.allocate(82 + bytes + 64);
    out.put((byte) 1).put((byte) 1);
    out.putLong(conversation.value().getMostSignificantBits());
    out.putLong(conversation.value().getLeastSignificantBits());
    out.putInt(0).putLong(0);
    out.putLong(self.account().value().getMostSignificantBits());
    out.putLong(self.account().value().getLeastSignificantBits());
    out.putLong(Long.parseUnsignedLong(self.device().hex(), 16));
    out.putLong(client.getMostSignificantBits()).putLong(client.getLeastSignificantBits());
    var name = ByteString.copyFrom(out.array(), 54, 16);
    var answer =
        call(
            "ConversationService/Send",
            SendRequest.newBuilder()
                .setConversationId(conversation.toString())
                .setClientId(name)
                .setMessage(ByteString.copyFrom(out.array()))
                .build(),
            SendResponse.getDefaultInstance());
    if (!answer.hasAccepted()) {
      throw new IllegalStateException(answer.toString());
    }
    acknowledged.add(name);
  }

  /// What was acknowledged and is not in the log exactly once; a gap in it counts too.
  public List<ByteString> lost() {
    var read = new ArrayList<ByteString>();
    long after = 0;
    while (true) {
      var page =
          call(
              "ConversationService/ReadLog",
              ReadLogRequest.newBuilder()
                  .setConversationId(conversation.toString())
                  .setAfterSeq(after)
                  .build(),
              ReadLogResponse.getDefaultInstance());
      for (var entry : page.getEntriesList()) {
        if (entry.getSeq() != ++after) {
          throw new IllegalStateException("a gap before " + entry.getSeq());
        }
        read.add(entry.getClientId());
      }
      if (!page.getHasMore()) {
        return acknowledged.stream()
            .filter(each -> read.stream().filter(each::equals).count() != 1)
            .toList();
      }
    }
  }
}
