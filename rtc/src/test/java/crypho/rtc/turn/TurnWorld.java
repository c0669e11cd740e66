package crypho.rtc.turn;

import crypho.base.Bytes;
import crypho.base.Rng;
import crypho.base.Secret;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.Protocol;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunReader;
import crypho.rtc.stun.StunWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A server, its driver with ports that are numbers, and clients that know the protocol. Time moves
/// only when a test moves it.
final class TurnWorld implements TurnServer.Sink {
  static final long SECOND = 1_000_000_000L;
  static final long UNIX = 1_790_000_000L;
  static final String REALM = "crypho";
  static final int ALLOCATIONS_MAX = 20;
  static final InetSocketAddress PEER = address("93.184.216.34", 5000);
  static final InetSocketAddress OWN = address("185.12.64.1", 0);

  static final InetAddress OWN_IPV6 = InetAddress.ofLiteral("2a01:4f8::1");

  record Sent(FiveTuple client, Bytes packet) {}

  record Relayed(Allocation allocation, InetSocketAddress peer, Bytes payload) {}

  final Secret secret = Secret.wrap("a secret of the operator".getBytes(StandardCharsets.UTF_8));
  final TurnQuota quota = new TurnQuota(3, 15);
  final List<Sent> sent = new ArrayList<>();
  final List<Relayed> relayed = new ArrayList<>();
  final Set<Allocation> openPorts = new HashSet<>();
  final List<Allocation> waiting = new ArrayList<>();
  final TurnServer server;
  boolean hasPorts = true;
  boolean isDriverSlow;
  long now = 5 * SECOND;
  private int ports = 40_000;
  private int ids;

  TurnWorld() {
    this(new PeerPolicy(List.of(), new PeerPolicy.Own(List.of(OWN.getAddress()), port -> false)));
  }

  TurnWorld(PeerPolicy policy) {
    this(policy, false);
  }

  /// With relays of both families.
  static TurnWorld ofIpv6() {
    var own = new PeerPolicy.Own(List.of(OWN.getAddress(), OWN_IPV6), port -> false);
    return new TurnWorld(new PeerPolicy(List.of(), own), true);
  }

  private TurnWorld(PeerPolicy policy, boolean hasIpv6) {
    var random = new Random(7);
    Rng rng = random::nextBytes;
    var config = new TurnConfig(REALM, List.of(secret), true, hasIpv6, ALLOCATIONS_MAX, policy);
    server = new TurnServer(config, quota, rng, now, UNIX);
  }

  static InetSocketAddress address(String ip, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(ip), port);
  }

  static FiveTuple path(Protocol protocol, int port) {
    return new FiveTuple(protocol, address("185.12.64.1", 3478), address("81.2.69.142", port));
  }

  @Override
  public void transmit(FiveTuple path, byte[] data, int offset, int length) {
    sent.add(new Sent(path, Bytes.copyOf(data, offset, offset + length)));
  }

  @Override
  public void relay(
      Allocation allocation, InetSocketAddress peer, byte[] data, int offset, int length) {
    relayed.add(new Relayed(allocation, peer, Bytes.copyOf(data, offset, offset + length)));
  }

  @Override
  public void openRelay(Allocation allocation) {
    if (isDriverSlow) {
      waiting.add(allocation);
    } else if (hasPorts) {
      opened(allocation);
    } else {
      server.onRelayFailed(allocation, this);
    }
  }

  void opened(Allocation allocation) {
    ports += allocation.wantsEvenPort() ? 2 - (ports & 1) : 1;
    openPorts.add(allocation);
    var own = allocation.family() == Stun.FAMILY_IPV6 ? OWN_IPV6 : OWN.getAddress();
    server.onRelayOpened(now, allocation, new InetSocketAddress(own, ports), this);
  }

  @Override
  public void closeRelay(Allocation allocation) {
    openPorts.remove(allocation);
  }

  void pass(long seconds) {
    for (long i = 0; i < seconds; i++) {
      now += SECOND;
      if (server.deadlineNanos() <= now) {
        server.onTimeout(now, this);
      }
    }
  }

  int packet(FiveTuple client, byte[] data) {
    return server.onPacket(now, client, data, 0, data.length, this);
  }

  byte[] transactionId() {
    return Arrays.copyOf(("transaction" + ids++).getBytes(StandardCharsets.US_ASCII), 12);
  }

  /// One client with its nonce.
  final class Client {
    final FiveTuple path;
    String username;
    Secret password;
    byte @Nullable [] nonce;

    Client(FiveTuple path, String user) {
      this.path = path;
      this.username = TurnCredentials.username(UNIX + 3_600, user);
      this.password = TurnCredentials.password(secret, username);
    }

    IntegrityKey key() {
      return IntegrityKey.longTerm(username, REALM, password);
    }

    byte[] bare(int method, Consumer<StunWriter> attributes) {
      return message(transactionId(), method, attributes, false);
    }

    byte[] message(
        byte[] id, int method, Consumer<StunWriter> attributes, boolean isAuthenticated) {
      var out = new byte[2_000];
      var writer = new StunWriter().begin(out, 0, Stun.type(method, Stun.REQUEST), id, 0);
      attributes.accept(writer);
      if (isAuthenticated) {
        writer
            .text(Attribute.USERNAME, username)
            .text(Attribute.REALM, REALM)
            .bytes(Attribute.NONCE, Objects.requireNonNull(nonce))
            .integrity(key());
      }
      return Arrays.copyOf(out, writer.length());
    }

    /// Asks with credentials, first for a nonce where there is none; the answer.
    Answer ask(int method, Consumer<StunWriter> attributes) {
      if (nonce == null) {
        packet(path, bare(method, attributes));
        nonce = last().value(Attribute.NONCE);
      }
      packet(path, message(transactionId(), method, attributes, true));
      return last();
    }

    Answer allocate() {
      return ask(Stun.ALLOCATE, TurnWorld::udp);
    }

    Allocation allocated() {
      allocate();
      return Objects.requireNonNull(server.allocation(path));
    }

    Answer permit(InetSocketAddress peer) {
      return ask(Stun.CREATE_PERMISSION, w -> w.xorAddress(Attribute.XOR_PEER_ADDRESS, peer));
    }

    Answer bind(int channel, InetSocketAddress peer) {
      return ask(
          Stun.CHANNEL_BIND,
          w ->
              w.int32(Attribute.CHANNEL_NUMBER, channel << 16)
                  .xorAddress(Attribute.XOR_PEER_ADDRESS, peer));
    }

    Answer refresh(int seconds) {
      return ask(Stun.REFRESH, w -> w.int32(Attribute.LIFETIME, seconds));
    }

    int send(InetSocketAddress peer, byte[] payload) {
      var out = new byte[2_000];
      int length =
          new StunWriter()
              .begin(out, 0, Stun.type(Stun.SEND, Stun.INDICATION), transactionId(), 0)
              .xorAddress(Attribute.XOR_PEER_ADDRESS, peer)
              .bytes(Attribute.DATA, payload)
              .length();
      return packet(path, Arrays.copyOf(out, length));
    }

    int channelData(int channel, byte[] payload) {
      var out = new byte[4 + payload.length];
      ChannelData.putHeader(out, 0, channel, payload.length);
      System.arraycopy(payload, 0, out, 4, payload.length);
      return packet(path, out);
    }

    Answer last() {
      var packet = sent.getLast();
      if (!packet.client().equals(path)) {
        throw new AssertionError("the answer went to somebody else");
      }
      return new Answer(packet.packet());
    }
  }

  static void udp(StunWriter writer) {
    writer.int32(Attribute.REQUESTED_TRANSPORT, 17 << 24);
  }

  Client udpClient(int port) {
    return new Client(path(Protocol.UDP, port), "u" + port);
  }

  Client clientOf(String user, int port) {
    return new Client(path(Protocol.UDP, port), user);
  }

  /// An answer as a client reads it.
  static final class Answer {
    final StunReader reader = new StunReader(-1L);

    Answer(Bytes packet) {
      var data = packet.toArray();
      if (reader.read(data, 0, data.length) != StunReader.OK) {
        throw new AssertionError("the answer cannot be read");
      }
    }

    boolean isSuccess() {
      return reader.messageClass() == Stun.SUCCESS;
    }

    int code() {
      return reader.errorCode();
    }

    byte[] value(int attribute) {
      int at = reader.valueOffset(attribute);
      return Arrays.copyOfRange(reader.data(), at, at + reader.valueLength(attribute));
    }

    InetSocketAddress address(int attribute) {
      return Objects.requireNonNull(reader.xorAddressAt(reader.valueOffset(attribute)));
    }
  }
}
