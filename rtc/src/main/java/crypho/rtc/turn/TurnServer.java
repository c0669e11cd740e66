package crypho.rtc.turn;

import crypho.base.Rng;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.PacketSink;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunReader;
import crypho.rtc.stun.StunWriter;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The TURN server of one event loop (RFC 8656). One owner thread; no clock, no sockets.
///
/// | request | no allocation | opening | open |
/// |---|---|---|---|
/// | Allocate | 401, 400, 420, 440, 442, 486, 508, or → opening | retransmission: silence; else 437 | retransmission: answered again; else 437 |
/// | Refresh | 437 | 437 | lifetime renewed; 0 ends it; 441, 443 |
/// | CreatePermission | 437 | 437 | 400, 403, 441, 443, 508, or permissions for 5 min |
/// | ChannelBind | 437 | 437 | 400, 403, 441, 443, 508, or channel for 10 min, permission for 5 |
/// | Send, ChannelData | dropped | dropped | relayed with a permission, else dropped |
///
/// Each request is authenticated first (RFC 8489 §9.2.4): nonce, then credentials, then attributes
/// that must be understood (420). Credentials count when an allocation begins; a call goes on under
/// them until [#GRACE_SECONDS] after their end, since nobody can give a running call new ones.
public final class TurnServer {
  // Verdicts; [#count] says how often each was given.
  public static final int OK = 0;
  public static final int MALFORMED = -1;

  /// Neither a request nor an indication of TURN.
  public static final int NOT_TURN = -2;

  /// Without credentials: answered with 401 and a nonce, or a Binding request that was answered.
  public static final int CHALLENGED = -3;

  /// A challenge, a 438 or a 401 that was due and not sent: the source has had its share.
  public static final int CHALLENGE_WITHHELD = -4;

  /// Wrong, ended or incomplete credentials: 401 or 400.
  public static final int UNAUTHENTICATED = -5;

  /// 438.
  public static final int STALE_NONCE = -6;

  /// Authenticated and answered with an error.
  public static final int REFUSED = -7;

  /// Data of a client without allocation.
  public static final int NO_ALLOCATION = -8;

  /// Data to or from whom there is no permission or channel.
  public static final int NO_PERMISSION = -9;

  /// The caller's buffer is too small for what would be written.
  public static final int OVERFLOW = -10;

  /// RFC 8656 §7.2, §8.2: an hour at most.
  public static final int LIFETIME_DEFAULT_SECONDS = 600;

  public static final int LIFETIME_MAX_SECONDS = 3_600;

  /// How long the driver may take to open a relay.
  public static final long OPENING_NANOS_MAX = 10_000_000_000L;

  /// How long after the end of its credentials an allocation can still be renewed.
  public static final long GRACE_SECONDS = 86_400;

  /// What goes before the payload in a Data indication, at most: header, address, DATA.
  public static final int DATA_INDICATION_BYTES_MAX = Stun.HEADER_BYTES + 24 + 4;

  private static final int VERDICTS = 11;
  private static final int DATAGRAM_BYTES_MAX = 65_507;
  private static final long SWEEP_NANOS = 1_000_000_000L;
  private static final long SECOND_NANOS = 1_000_000_000L;
  private static final long UNDERSTOOD =
      StunReader.types(
          Attribute.USERNAME,
          Attribute.MESSAGE_INTEGRITY,
          Attribute.MESSAGE_INTEGRITY_SHA256,
          Attribute.REALM,
          Attribute.NONCE,
          Attribute.CHANNEL_NUMBER,
          Attribute.LIFETIME,
          Attribute.XOR_PEER_ADDRESS,
          Attribute.DATA,
          Attribute.REQUESTED_ADDRESS_FAMILY,
          Attribute.EVEN_PORT,
          Attribute.REQUESTED_TRANSPORT,
          Attribute.RESERVATION_TOKEN);

  /// Where packets and wishes go, passed on each call.
  public interface Sink extends PacketSink {
    /// Sends a datagram from the allocation's relay to a peer; valid during the call only.
    void relay(Allocation allocation, InetSocketAddress peer, byte[] data, int offset, int length);

    /// Opens a UDP port for the allocation; answered by [#onRelayOpened] or [#onRelayFailed], from
    /// within this call or later.
    void openRelay(Allocation allocation);

    /// Closes the port, if one was opened: the allocation has ended.
    void closeRelay(Allocation allocation);
  }

  private final TurnConfig config;
  private final TurnQuota quota;
  private final TurnGate gate;
  private final PeerRules rules;
  private final byte[] indicationId = new byte[Stun.TRANSACTION_ID_BYTES];
  private final StunReader reader = new StunReader(UNDERSTOOD);
  private final StunWriter writer = new StunWriter();
  private final TurnAnswers answers = new TurnAnswers(reader);
  private final long[] counts = new long[VERDICTS];
  private final Map<FiveTuple, Allocation> allocations = new HashMap<>();
  private long sweepNanos = Long.MAX_VALUE;

  /// @param unixSeconds the time of day at `nowNanos`
  public TurnServer(TurnConfig config, TurnQuota quota, Rng rng, long nowNanos, long unixSeconds) {
    this.config = config;
    this.quota = quota;
    this.gate = new TurnGate(config, rng, nowNanos, unixSeconds, answers);
    rng.fill(indicationId);
    this.rules = new PeerRules(reader, config.policy());
  }

  /// Sets the time of day, by which credentials end.
  public void onWallClock(long nowNanos, long unixSeconds) {
    gate.onWallClock(nowNanos, unixSeconds);
  }

  /// How often a verdict was given.
  public long count(int verdict) {
    return counts[-verdict];
  }

  public int allocationCount() {
    return allocations.size();
  }

  /// The allocation of a client, or null.
  public @Nullable Allocation allocation(FiveTuple client) {
    return allocations.get(client);
  }

  /// Takes one packet from a client: a datagram, or a frame of a [TurnStreamDecoder].
  ///
  /// @return [#OK] or a negative verdict
  public int onPacket(
      long nowNanos, FiveTuple client, byte[] data, int offset, int length, Sink sink) {
    int verdict =
        length > 0 && (data[offset] & 0xc0) == 0x40
            ? onChannelData(nowNanos, client, data, offset, length, sink)
            : onStun(nowNanos, client, data, offset, length, sink);
    counts[-verdict]++;
    return verdict;
  }

  private int onChannelData(
      long nowNanos, FiveTuple client, byte[] data, int offset, int length, Sink sink) {
    var allocation = allocations.get(client);
    if (allocation == null) {
      return NO_ALLOCATION;
    }
    var peer = allocation.channelPeer(nowNanos, data, offset, length);
    if (peer == null) {
      return NO_PERMISSION;
    }
    int payload = offset + ChannelData.HEADER_BYTES;
    sink.relay(allocation, peer.address(), data, payload, ChannelData.length(data, offset));
    return OK;
  }

  private int onStun(
      long nowNanos, FiveTuple client, byte[] data, int offset, int length, Sink sink) {
    if (reader.read(data, offset, length) != StunReader.OK) {
      return MALFORMED;
    }
    if (reader.has(Attribute.FINGERPRINT) && !reader.hasValidFingerprint()) {
      return MALFORMED;
    }
    int method = reader.method();
    if (reader.messageClass() == Stun.INDICATION) {
      return method == Stun.SEND ? onSend(nowNanos, client, sink) : NOT_TURN;
    }
    if (reader.messageClass() != Stun.REQUEST) {
      return NOT_TURN;
    }
    return switch (method) {
      case Stun.BINDING -> gate.onBinding(nowNanos, client, sink);
      case Stun.ALLOCATE, Stun.REFRESH, Stun.CREATE_PERMISSION, Stun.CHANNEL_BIND ->
          onRequest(nowNanos, client, sink);
      default -> NOT_TURN;
    };
  }

  private int onRequest(long nowNanos, FiveTuple client, Sink sink) {
    var allocation = allocations.get(client);
    var key = gate.authenticate(nowNanos, client, allocation, sink);
    if (key == null) {
      return gate.verdict();
    }
    if (reader.unknownCount() > 0) {
      answers.begin(Stun.ERROR).errorCode(420).unknownAttributes(reader);
      answers.sendSigned(client, key, sink);
      return REFUSED;
    }
    if (reader.method() == Stun.ALLOCATE) {
      return onAllocate(nowNanos, client, allocation, key, sink);
    }
    if (allocation == null || !allocation.isOpen(nowNanos)) {
      return refuse(client, key, 437, sink);
    }
    // RFC 8656 §5: the allocation belongs to whom it was given.
    if (!allocation.username.equals(reader.text(Attribute.USERNAME))) {
      return refuse(client, key, 441, sink);
    }
    return switch (reader.method()) {
      case Stun.REFRESH -> onRefresh(nowNanos, allocation, sink);
      case Stun.CREATE_PERMISSION -> onCreatePermission(nowNanos, allocation, sink);
      default -> onChannelBind(nowNanos, allocation, sink);
    };
  }

  private int refuse(FiveTuple client, IntegrityKey key, int code, Sink sink) {
    answers.begin(Stun.ERROR).errorCode(code);
    answers.sendSigned(client, key, sink);
    return REFUSED;
  }

  /// RFC 8656 §7.2, in its order.
  private int onAllocate(
      long nowNanos, FiveTuple client, @Nullable Allocation existing, IntegrityKey key, Sink sink) {
    if (existing != null) {
      return onAllocateAgain(nowNanos, existing, key, sink);
    }
    int defect = AllocateRules.defect(reader);
    if (defect != 0) {
      return refuse(client, key, defect, sink);
    }
    int family = AllocateRules.requestedFamily(reader);
    if (family == Stun.FAMILY_IPV4 ? !config.hasIpv4() : !config.hasIpv6()) {
      return refuse(client, key, 440, sink);
    }
    if (allocations.size() >= config.allocationsMax()) {
      return refuse(client, key, 508, sink);
    }
    var username = reader.text(Attribute.USERNAME);
    switch (quota.acquire(TurnCredentials.user(username))) {
      case USER_HAS_TOO_MANY -> {
        return refuse(client, key, 486, sink);
      }
      case FULL -> {
        return refuse(client, key, 508, sink);
      }
      case GRANTED -> {}
    }
    var asked =
        new Allocation.Asked(
            family,
            reader.has(Attribute.EVEN_PORT),
            reader.has(Attribute.ADDITIONAL_ADDRESS_FAMILY),
            reader.has(Attribute.MESSAGE_INTEGRITY_SHA256));
    int idOffset = reader.transactionIdOffset();
    var id = Arrays.copyOfRange(reader.data(), idOffset, idOffset + Stun.TRANSACTION_ID_BYTES);
    var allocation = new Allocation(client, username, key, id, asked);
    allocation.expiresNanos = nowNanos + OPENING_NANOS_MAX;
    // Kept until the relay is open: the seconds that it will live.
    allocation.lifetimeSeconds = AllocateRules.lifetimeSeconds(reader);
    allocations.put(client, allocation);
    sweepNanos = Math.min(sweepNanos, nowNanos + SWEEP_NANOS);
    sink.openRelay(allocation);
    return OK;
  }

  /// RFC 8656 §7.2: a retransmission has the same transaction id, and gets the same answer.
  private int onAllocateAgain(long nowNanos, Allocation existing, IntegrityKey key, Sink sink) {
    int at = reader.transactionIdOffset();
    int end = at + Stun.TRANSACTION_ID_BYTES;
    boolean isSame =
        Arrays.equals(existing.transactionId, 0, 12, reader.data(), at, end) && existing.key == key;
    if (!isSame) {
      return refuse(existing.client, key, 437, sink);
    }
    if (existing.relayed != null) {
      answerAllocate(nowNanos, existing, sink);
    }
    return OK;
  }

  /// The driver has opened the port that [Sink#openRelay] asked for.
  ///
  /// @param relayed as peers reach it
  public void onRelayOpened(
      long nowNanos, Allocation allocation, InetSocketAddress relayed, Sink sink) {
    if (allocations.get(allocation.client) != allocation) {
      sink.closeRelay(allocation);
      return;
    }
    allocation.relayed = relayed;
    allocation.expiresNanos = nowNanos + allocation.lifetimeSeconds * SECOND_NANOS;
    answerAllocate(nowNanos, allocation, sink);
  }

  /// The driver has no port to give: 508.
  public void onRelayFailed(Allocation allocation, Sink sink) {
    if (allocations.remove(allocation.client, allocation)) {
      end(allocation);
      int type = Stun.type(Stun.ALLOCATE, Stun.ERROR);
      answers.begin(type, allocation.transactionId).errorCode(508);
      answers.sendSigned(allocation.client, allocation.key, allocation.asked.isSha256(), sink);
    }
  }

  private void answerAllocate(long nowNanos, Allocation allocation, Sink sink) {
    var relayed = Objects.requireNonNull(allocation.relayed, "only an open one is answered");
    int type = Stun.type(Stun.ALLOCATE, Stun.SUCCESS);
    long left = Math.ceilDiv(allocation.expiresNanos - nowNanos, SECOND_NANOS);
    answers
        .begin(type, allocation.transactionId)
        .xorAddress(Attribute.XOR_RELAYED_ADDRESS, relayed)
        .int32(Attribute.LIFETIME, (int) left)
        .xorAddress(Attribute.XOR_MAPPED_ADDRESS, allocation.client.remote());
    if (allocation.asked.isAdditionalFamilyRefused()) {
      answers
          .writer()
          .int32(Attribute.ADDRESS_ERROR_CODE, (Stun.FAMILY_IPV6 << 24) | (4 << 8) | 40);
    }
    answers.sendSigned(allocation.client, allocation.key, allocation.asked.isSha256(), sink);
  }

  /// RFC 8656 §8.2.
  private int onRefresh(long nowNanos, Allocation allocation, Sink sink) {
    if (reader.has(Attribute.REQUESTED_ADDRESS_FAMILY)
        && AllocateRules.requestedFamily(reader) != allocation.family()) {
      return refuse(allocation.client, allocation.key, 443, sink);
    }
    boolean ends = reader.has(Attribute.LIFETIME) && reader.intValue(Attribute.LIFETIME) == 0;
    int seconds = ends ? 0 : AllocateRules.lifetimeSeconds(reader);
    allocation.expiresNanos = nowNanos + seconds * SECOND_NANOS;
    answers.begin(Stun.SUCCESS).int32(Attribute.LIFETIME, seconds);
    answers.sendSigned(allocation.client, allocation.key, sink);
    if (ends) {
      close(allocation, sink);
    }
    return OK;
  }

  /// RFC 8656 §10.2: all of the addresses or none.
  private int onCreatePermission(long nowNanos, Allocation allocation, Sink sink) {
    int at = reader.next(Attribute.XOR_PEER_ADDRESS, 0);
    if (at < 0) {
      return refuse(allocation.client, allocation.key, 400, sink);
    }
    var addresses = new ArrayList<InetSocketAddress>(1);
    for (; at > 0; at = reader.next(Attribute.XOR_PEER_ADDRESS, at)) {
      int defect = rules.peerDefect(allocation, at);
      if (defect != 0) {
        return refuse(allocation.client, allocation.key, defect, sink);
      }
      var peer = reader.xorAddressAt(at);
      if (peer != null) {
        addresses.add(peer);
      }
    }
    if (!PeerRules.permitAll(nowNanos, allocation, addresses)) {
      return refuse(allocation.client, allocation.key, 508, sink);
    }
    answers.begin(Stun.SUCCESS);
    answers.sendSigned(allocation.client, allocation.key, sink);
    return OK;
  }

  /// RFC 8656 §12.2.
  private int onChannelBind(long nowNanos, Allocation allocation, Sink sink) {
    int defect = rules.channelDefect(nowNanos, allocation);
    if (defect != 0) {
      return refuse(allocation.client, allocation.key, defect, sink);
    }
    var address =
        Objects.requireNonNull(
            reader.xorAddressAt(reader.valueOffset(Attribute.XOR_PEER_ADDRESS)), "judged before");
    var ip = address.getAddress();
    var permission = allocation.permit(nowNanos, IpKey.high(ip), IpKey.low(ip));
    if (permission == null) {
      return refuse(allocation.client, allocation.key, 508, sink);
    }
    int number = rules.channelNumber();
    var bound = allocation.ofChannel(number);
    if (bound != null) {
      bound.expiresNanos = nowNanos + Allocation.CHANNEL_NANOS;
    } else {
      allocation.bind(nowNanos, new TurnPeer(address, number, permission));
    }
    answers.begin(Stun.SUCCESS);
    answers.sendSigned(allocation.client, allocation.key, sink);
    return OK;
  }

  /// RFC 8656 §11.2: without an error to anybody.
  private int onSend(long nowNanos, FiveTuple client, Sink sink) {
    var allocation = allocations.get(client);
    if (allocation == null || !allocation.isOpen(nowNanos)) {
      return NO_ALLOCATION;
    }
    if (reader.unknownCount() > 0
        || !reader.has(Attribute.DATA)
        || !reader.has(Attribute.XOR_PEER_ADDRESS)) {
      return MALFORMED;
    }
    int at = reader.valueOffset(Attribute.XOR_PEER_ADDRESS);
    var peer = reader.xorAddressAt(at);
    if (peer == null) {
      return MALFORMED;
    }
    long high = IpKey.high(peer.getAddress());
    long low = IpKey.low(peer.getAddress());
    if (!allocation.isPermitted(nowNanos, high, low)
        || !config.policy().allows(high, low, peer.getPort())) {
      return NO_PERMISSION;
    }
    int payload = reader.valueOffset(Attribute.DATA);
    sink.relay(allocation, peer, reader.data(), payload, reader.valueLength(Attribute.DATA));
    return OK;
  }

  /// Frames a datagram that came from a peer to the allocation's relay: ChannelData where a channel
  /// is bound, else a Data indication. The whole of what [Allocation#peerOf] and [Allocation#frame]
  /// do without allocating for the former. The output needs [#DATA_INDICATION_BYTES_MAX] and three
  /// bytes more than the payload at most.
  ///
  /// @return the bytes written for the allocation's client, or a negative verdict
  public int toClient(
      long nowNanos,
      Allocation allocation,
      InetSocketAddress from,
      byte[] data,
      int offset,
      int length,
      byte[] out,
      int outOffset) {
    long high = IpKey.high(from.getAddress());
    long low = IpKey.low(from.getAddress());
    int written;
    var peer = allocation.peerOf(nowNanos, high, low, from.getPort());
    if (peer != null) {
      written = allocation.frame(peer, data, offset, length, out, outOffset);
    } else if (!allocation.isPermitted(nowNanos, high, low)) {
      written = NO_PERMISSION;
    } else if (length > DATAGRAM_BYTES_MAX) {
      written = OVERFLOW;
    } else {
      nextIndicationId();
      int bytes =
          writer
              .begin(out, outOffset, Stun.type(Stun.DATA, Stun.INDICATION), indicationId, 0)
              .xorAddress(Attribute.XOR_PEER_ADDRESS, from)
              .bytes(Attribute.DATA, data, offset, length)
              .length();
      written = bytes < 0 ? OVERFLOW : bytes;
    }
    counts[-Math.min(written, OK)]++;
    return written;
  }

  /// Nobody answers an indication: its id need only differ from the last.
  private void nextIndicationId() {
    for (int i = indicationId.length - 1; i >= 0 && ++indicationId[i] == 0; i--) {
      // The carry goes to the next byte.
    }
  }

  /// The client's connection has ended, and its allocation with it (RFC 8656 §7.2).
  public void onClientClosed(FiveTuple client, Sink sink) {
    var allocation = allocations.get(client);
    if (allocation != null) {
      close(allocation, sink);
    }
  }

  /// Ends every allocation, for shutting down.
  public void closeAll(Sink sink) {
    for (var allocation : List.copyOf(allocations.values())) {
      close(allocation, sink);
    }
  }

  /// Ends what has run out; to be called at or after [#deadlineNanos].
  public void onTimeout(long nowNanos, Sink sink) {
    if (nowNanos < sweepNanos) {
      return;
    }
    for (var allocation : List.copyOf(allocations.values())) {
      if (allocation.expiresNanos - nowNanos > 0) {
        allocation.prune(nowNanos);
      } else {
        close(allocation, sink);
      }
    }
    sweepNanos = allocations.isEmpty() ? Long.MAX_VALUE : nowNanos + SWEEP_NANOS;
  }

  /// When [#onTimeout] has something to do; `Long.MAX_VALUE` without allocations.
  public long deadlineNanos() {
    return sweepNanos;
  }

  private void close(Allocation allocation, Sink sink) {
    allocations.remove(allocation.client);
    end(allocation);
    sink.closeRelay(allocation);
  }

  private void end(Allocation allocation) {
    allocation.isClosed = true;
    quota.release(TurnCredentials.user(allocation.username));
  }
}
