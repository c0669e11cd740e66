package crypho.router.turn;

import crypho.base.Secret;
import crypho.rtc.ice.Protocol;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunReader;
import crypho.rtc.stun.StunWriter;
import crypho.rtc.turn.TurnCredentials;
import crypho.rtc.turn.TurnStreamDecoder;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A client of TURN over a real socket, which asks and waits.
final class TurnUser implements AutoCloseable {
  static final String REALM = "example";
  private static final int WAIT_MILLIS = 5_000;
  private static final int BYTES = 4_096;

  private final @Nullable DatagramSocket datagrams;
  private final @Nullable Socket stream;
  private final TurnStreamDecoder decoder = new TurnStreamDecoder();
  private final Deque<byte[]> arrived = new ArrayDeque<>();
  private final Deque<byte[]> data = new ArrayDeque<>();
  private final String username;
  private final IntegrityKey key;
  private byte @Nullable [] nonce;

  /// An answer as it is read.
  record Answer(StunReader reader) {
    boolean isSuccess() {
      return reader.messageClass() == Stun.SUCCESS;
    }

    int code() {
      return reader.errorCode();
    }

    InetSocketAddress address(int attribute) {
      return Objects.requireNonNull(reader.xorAddressAt(reader.valueOffset(attribute)));
    }
  }

  private TurnUser(
      @Nullable DatagramSocket datagrams, @Nullable Socket stream, Secret secret, String user) {
    this.datagrams = datagrams;
    this.stream = stream;
    this.username = TurnCredentials.username(System.currentTimeMillis() / 1_000 + 600, user);
    this.key = IntegrityKey.longTerm(username, REALM, TurnCredentials.password(secret, username));
  }

  static TurnUser udp(InetSocketAddress server, Secret secret, String user) throws IOException {
    var socket = new DatagramSocket(0, server.getAddress());
    socket.connect(server);
    socket.setSoTimeout(WAIT_MILLIS);
    return new TurnUser(socket, null, secret, user);
  }

  /// Over TCP, or TLS where the socket is one of it.
  static TurnUser stream(Socket socket, Secret secret, String user) throws IOException {
    socket.setSoTimeout(WAIT_MILLIS);
    socket.setTcpNoDelay(true);
    return new TurnUser(null, socket, secret, user);
  }

  Protocol protocol() {
    return stream == null ? Protocol.UDP : Protocol.TCP;
  }

  private void write(byte[] packet) throws IOException {
    if (datagrams != null) {
      datagrams.send(new DatagramPacket(packet, packet.length));
    }
    if (stream != null) {
      stream.getOutputStream().write(Arrays.copyOf(packet, Stun.padded(packet.length)));
      stream.getOutputStream().flush();
    }
  }

  private byte[] read() throws IOException {
    var buffer = new byte[BYTES];
    if (datagrams != null) {
      var packet = new DatagramPacket(buffer, BYTES);
      datagrams.receive(packet);
      return Arrays.copyOf(buffer, packet.getLength());
    }
    while (arrived.isEmpty()) {
      var count = Objects.requireNonNull(stream).getInputStream().read(buffer);
      if (count < 0) {
        throw new IOException("the server has closed the connection");
      }
      decoder.feed(
          buffer,
          0,
          count,
          (bytes, offset, length) ->
              arrived.add(Arrays.copyOfRange(bytes, offset, offset + length)));
    }
    return arrived.remove();
  }

  private byte[] message(int method, boolean isAuthenticated, Consumer<StunWriter> attributes) {
    var id = new byte[Stun.TRANSACTION_ID_BYTES];
    ThreadLocalRandom.current().nextBytes(id);
    var out = new byte[1_024];
    var writer = new StunWriter().begin(out, 0, Stun.type(method, Stun.REQUEST), id, 0);
    attributes.accept(writer);
    if (isAuthenticated) {
      writer
          .text(Attribute.USERNAME, username)
          .text(Attribute.REALM, REALM)
          .bytes(Attribute.NONCE, Objects.requireNonNull(nonce))
          .integrity(key);
    }
    return Arrays.copyOf(out, writer.length());
  }

  /// The answer, whatever data comes before it.
  private Answer answer() throws IOException {
    while (true) {
      var packet = read();
      var reader = new StunReader(-1L);
      if ((packet[0] & 0xc0) == 0
          && reader.read(packet, 0, packet.length) == StunReader.OK
          && reader.messageClass() != Stun.INDICATION) {
        return new Answer(reader);
      }
      data.add(packet);
    }
  }

  Answer ask(int method, Consumer<StunWriter> attributes) throws IOException {
    if (nonce == null) {
      write(message(method, false, attributes));
      var reader = answer().reader();
      var at = reader.valueOffset(Attribute.NONCE);
      nonce = Arrays.copyOfRange(reader.data(), at, at + reader.valueLength(Attribute.NONCE));
    }
    write(message(method, true, attributes));
    return answer();
  }

  Answer allocate() throws IOException {
    return ask(Stun.ALLOCATE, w -> w.int32(Attribute.REQUESTED_TRANSPORT, 17 << 24));
  }

  /// The relayed address of a new allocation.
  InetSocketAddress relayed() throws IOException {
    return allocate().address(Attribute.XOR_RELAYED_ADDRESS);
  }

  Answer permit(InetSocketAddress peer) throws IOException {
    return ask(Stun.CREATE_PERMISSION, w -> w.xorAddress(Attribute.XOR_PEER_ADDRESS, peer));
  }

  Answer bind(int channel, InetSocketAddress peer) throws IOException {
    return ask(
        Stun.CHANNEL_BIND,
        w ->
            w.int32(Attribute.CHANNEL_NUMBER, channel << 16)
                .xorAddress(Attribute.XOR_PEER_ADDRESS, peer));
  }

  Answer release() throws IOException {
    return ask(Stun.REFRESH, w -> w.int32(Attribute.LIFETIME, 0));
  }

  void sendOnChannel(int channel, byte[] payload) throws IOException {
    var out = ByteBuffer.allocate(4 + payload.length);
    out.putShort((short) channel).putShort((short) payload.length).put(payload);
    write(out.array());
  }

  void sendTo(InetSocketAddress peer, byte[] payload) throws IOException {
    var out = new byte[BYTES];
    var writer =
        new StunWriter()
            .begin(out, 0, Stun.type(Stun.SEND, Stun.INDICATION), new byte[12], 0)
            .xorAddress(Attribute.XOR_PEER_ADDRESS, peer)
            .bytes(Attribute.DATA, payload);
    write(Arrays.copyOf(out, writer.length()));
  }

  /// The next packet that a peer sent, without its frame.
  byte[] receive() throws IOException {
    var packet = data.isEmpty() ? read() : data.remove();
    if ((packet[0] & 0xc0) == 0x40) {
      var length = (packet[2] & 0xff) << 8 | (packet[3] & 0xff);
      return Arrays.copyOfRange(packet, 4, 4 + length);
    }
    var reader = new StunReader(-1L);
    if (reader.read(packet, 0, packet.length) != StunReader.OK) {
      throw new IOException("neither data nor a message");
    }
    var at = reader.valueOffset(Attribute.DATA);
    return Arrays.copyOfRange(packet, at, at + reader.valueLength(Attribute.DATA));
  }

  @Override
  public void close() throws IOException {
    if (datagrams != null) {
      datagrams.close();
    }
    if (stream != null) {
      stream.close();
    }
  }
}
