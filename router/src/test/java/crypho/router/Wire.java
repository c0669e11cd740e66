package crypho.router;

import crypho.rtc.ice.FrameDecoder;
import crypho.rtc.ice.Protocol;
import crypho.rtc.stun.StreamDecoder;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// A client's socket: datagrams, or packets on a TCP connection.
sealed interface Wire extends AutoCloseable {
  /// @param from an address of this machine
  static Wire open(Protocol protocol, InetAddress from, InetSocketAddress to, int patienceMillis)
      throws IOException {
    Wire out =
        switch (protocol) {
          case UDP -> new Udp(from, to);
          case TCP -> new Tcp(from, to);
        };
    out.patience(patienceMillis);
    return out;
  }

  void send(byte[] packet) throws IOException;

  /// Null where none came within the patience.
  byte @Nullable [] receive() throws IOException;

  void patience(int millis) throws IOException;

  @Override
  void close();

  /// Datagrams.
  final class Udp implements Wire {
    private final DatagramSocket socket;
    private final InetSocketAddress to;

    Udp(InetAddress from, InetSocketAddress to) throws IOException {
      this.socket = new DatagramSocket(0, from);
      this.to = to;
    }

    @Override
    public void send(byte[] packet) throws IOException {
      socket.send(new DatagramPacket(packet, packet.length, to));
    }

    @Override
    public byte @Nullable [] receive() throws IOException {
      var packet = new DatagramPacket(new byte[2_048], 2_048);
      try {
        socket.receive(packet);
      } catch (SocketTimeoutException _) {
        return null;
      }
      return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    @Override
    public void patience(int millis) throws IOException {
      socket.setSoTimeout(millis);
    }

    @Override
    public void close() {
      socket.close();
    }
  }

  /// A connection with two octets of length before each packet.
  final class Tcp implements Wire {
    private static final int RECEIVE_BYTES = 32 * 1024;

    private final Socket socket;
    private final FrameDecoder decoder = new FrameDecoder();
    private final Deque<byte[]> packets = new ArrayDeque<>();
    private final byte[] buffer = new byte[16_384];
    private boolean isEnded;

    Tcp(InetAddress from, InetSocketAddress to) throws IOException {
      socket = new Socket();
      // Little, so that who does not read is noticed.
      socket.setReceiveBufferSize(RECEIVE_BYTES);
      socket.bind(new InetSocketAddress(from, 0));
      socket.connect(to);
      socket.setTcpNoDelay(true);
    }

    @Override
    public void send(byte[] packet) throws IOException {
      var frame = new byte[FrameDecoder.HEADER_BYTES + packet.length];
      FrameDecoder.putHeader(frame, 0, packet.length);
      System.arraycopy(packet, 0, frame, FrameDecoder.HEADER_BYTES, packet.length);
      raw(frame);
    }

    /// Octets as they are.
    void raw(byte[] octets) throws IOException {
      socket.getOutputStream().write(octets);
    }

    @Override
    public byte @Nullable [] receive() throws IOException {
      if (packets.isEmpty() && !isEnded) {
        try {
          var length = socket.getInputStream().read(buffer);
          isEnded = length < 0;
          if (length > 0 && decoder.feed(buffer, 0, length, this::keep) != StreamDecoder.OK) {
            throw new AssertionError("the router's frames are broken");
          }
        } catch (SocketTimeoutException _) {
          return null;
        } catch (SocketException _) {
          isEnded = true;
        }
      }
      return packets.poll();
    }

    private void keep(byte[] data, int offset, int length) {
      packets.add(Arrays.copyOfRange(data, offset, offset + length));
    }

    /// Whether the router has closed it.
    boolean isEnded() {
      return isEnded;
    }

    @Override
    public void patience(int millis) throws IOException {
      socket.setSoTimeout(millis);
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }
}
