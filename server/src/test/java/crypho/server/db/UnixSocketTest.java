package crypho.server.db;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UnixSocketTest {
  private static final byte[] GREETING = {1, 2, (byte) 0xff};

  @TempDir Path directory;

  @Test
  void carriesBytesBothWays() throws IOException {
    try (var server = listen();
        var socket = connected();
        var peer = server.accept()) {
      socket.getOutputStream().write(GREETING);
      var received = ByteBuffer.allocate(GREETING.length);
      while (received.hasRemaining()) {
        peer.read(received);
      }
      assertArrayEquals(GREETING, received.array());
      peer.write(received.flip());
      assertArrayEquals(GREETING, socket.getInputStream().readNBytes(GREETING.length));
      peer.shutdownOutput();
      assertEquals(-1, socket.getInputStream().read());
    }
  }

  @Test
  void readThatTakesTooLongEnds() throws IOException {
    try (var server = listen();
        var socket = connected();
        var peer = server.accept()) {
      assertTrue(peer.isConnected());
      socket.setSoTimeout(50);
      assertThrows(SocketTimeoutException.class, () -> socket.getInputStream().read());
      assertTrue(socket.isClosed());
    }
  }

  /// More waiting readers than carriers: with a socket that holds its carrier, nobody would be left
  /// to write.
  @Test
  void waitingVirtualThreadsLeaveTheirCarriersFree() throws Exception {
    int readers = 4 * Runtime.getRuntime().availableProcessors() + 16;
    try (var server = listen();
        var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var waiting = new CountDownLatch(readers);
      var answers = new ArrayList<Future<Integer>>();
      var peers = new ArrayList<SocketChannel>();
      for (int i = 0; i < readers; i++) {
        var socket = connected();
        peers.add(server.accept());
        Callable<Integer> read =
            () -> {
              try (socket) {
                waiting.countDown();
                return socket.getInputStream().read();
              }
            };
        answers.add(executor.submit(read));
      }
      assertTrue(waiting.await(10, TimeUnit.SECONDS));
      var writer =
          executor.submit(() -> {
            for (var peer : peers) {
              peer.write(ByteBuffer.wrap(new byte[] {7}));
            }
            return true;
          });
      assertTrue(writer.get(10, TimeUnit.SECONDS));
      for (var answer : answers) {
        assertEquals(7, answer.get(10, TimeUnit.SECONDS));
      }
      for (var peer : peers) {
        peer.close();
      }
    }
  }

  private ServerSocketChannel listen() throws IOException {
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(directory.resolve("s")));
    return server;
  }

  private Socket connected() throws IOException {
    var socket = new UnixSocketFactory(directory.resolve("s").toString()).createSocket();
    socket.connect(InetSocketAddress.createUnresolved("localhost", 1), 1_000);
    return socket;
  }
}
