package crypho.bench;

import crypho.base.Secret;
import crypho.router.net.Remote;
import crypho.router.net.UdpSocket;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunReader;
import crypho.rtc.stun.StunWriter;
import crypho.rtc.turn.TurnCredentials;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// A client of [TurnLoad]: gets a relay and binds a channel to the peer. One owner thread.
final class TurnLoadClient {
  static final int HEADER_BYTES = 4;
  private static final int CHANNEL = 0x4000;
  private static final int MESSAGE_BYTES_MAX = 1_024;
  private static final int UNAUTHORIZED = 401;
  private static final int STALE_NONCE = 438;

  final Remote server;
  private final InetSocketAddress peer;
  private final Secret password;
  private final String username;
  private byte @Nullable [] realm;
  private byte @Nullable [] nonce;
  UdpSocket socket;
  @Nullable InetSocketAddress relayed;
  boolean isBound;

  /// The error code for which there is no relay; 0 as long as nothing was refused.
  int refusal;

  long askedNanos = Long.MIN_VALUE / 2;
  long dueNanos;

  @SuppressWarnings("NullAway.Init") // The socket names its owner when it is opened, so it follows.
  TurnLoadClient(InetSocketAddress server, InetSocketAddress peer, Secret secret, String user) {
    this.server = new Remote(server);
    this.peer = peer;
    this.username = TurnCredentials.username(System.currentTimeMillis() / 1_000 + 3_600, user);
    this.password = TurnCredentials.password(secret, username);
  }

  /// Asks for what comes next.
  void ask(long nowNanos) {
    askedNanos = nowNanos;
    var id = new byte[Stun.TRANSACTION_ID_BYTES];
    ThreadLocalRandom.current().nextBytes(id);
    var out = new byte[MESSAGE_BYTES_MAX];
    var method = relayed == null ? Stun.ALLOCATE : Stun.CHANNEL_BIND;
    var writer = new StunWriter().begin(out, 0, Stun.type(method, Stun.REQUEST), id, 0);
    if (relayed == null) {
      writer.int32(Attribute.REQUESTED_TRANSPORT, 17 << 24);
    } else {
      writer
          .int32(Attribute.CHANNEL_NUMBER, CHANNEL << 16)
          .xorAddress(Attribute.XOR_PEER_ADDRESS, peer);
    }
    prove(writer);
    socket.send(server, out, 0, writer.length());
  }

  /// Gives the relay back, so that the next run finds none on an address and port that it gets.
  void release() {
    var id = new byte[Stun.TRANSACTION_ID_BYTES];
    ThreadLocalRandom.current().nextBytes(id);
    var out = new byte[MESSAGE_BYTES_MAX];
    var writer =
        new StunWriter()
            .begin(out, 0, Stun.type(Stun.REFRESH, Stun.REQUEST), id, 0)
            .int32(Attribute.LIFETIME, 0);
    prove(writer);
    socket.send(server, out, 0, writer.length());
  }

  private void prove(StunWriter writer) {
    if (nonce != null && realm != null) {
      var text = new String(realm, StandardCharsets.US_ASCII);
      writer
          .text(Attribute.USERNAME, username)
          .bytes(Attribute.REALM, realm)
          .bytes(Attribute.NONCE, nonce)
          .integrity(IntegrityKey.longTerm(username, text, password));
    }
  }

  void onAnswer(byte[] data, int offset, int length) {
    var reader = new StunReader(-1L);
    if (reader.read(data, offset, length) != StunReader.OK) {
      return;
    }
    if (reader.messageClass() == Stun.ERROR) {
      var code = reader.errorCode();
      if (code != UNAUTHORIZED && code != STALE_NONCE) {
        refusal = code;
        return;
      }
      realm = value(reader, Attribute.REALM);
      nonce = value(reader, Attribute.NONCE);
    } else if (reader.method() == Stun.ALLOCATE) {
      relayed = reader.xorAddressAt(reader.valueOffset(Attribute.XOR_RELAYED_ADDRESS));
    } else {
      isBound = true;
      return;
    }
    ask(System.nanoTime());
  }

  private static byte @Nullable [] value(StunReader reader, int attribute) {
    if (!reader.has(attribute)) {
      return null;
    }
    var at = reader.valueOffset(attribute);
    return Arrays.copyOfRange(reader.data(), at, at + reader.valueLength(attribute));
  }

  /// ChannelData with room for a payload.
  static byte[] frame(int payloadBytes) {
    return ByteBuffer.allocate(HEADER_BYTES + payloadBytes)
        .putShort((short) CHANNEL)
        .putShort((short) payloadBytes)
        .array();
  }
}
