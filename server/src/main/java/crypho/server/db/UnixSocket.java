package crypho.server.db;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// A [Socket] over the JDK's own Unix-domain channel, which has no socket of its own to give. A
/// virtual thread that waits in it gives its carrier free: libraries with native code either hold
/// the carrier, so that calls which wait for a lock keep its holder from running, or poll.
///
/// The channel knows no read timeout. One thread looks at all open sockets four times a second, and
/// closes one whose read has taken longer: its connection is then of no more use, which is what the
/// driver makes of a timeout anyway.
final class UnixSocket extends Socket {
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final long IDLE = Long.MIN_VALUE;
  private static final long LOOK_EVERY_MILLIS = 250;
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final Set<UnixSocket> OPEN = ConcurrentHashMap.newKeySet();

  static {
    Thread.ofPlatform().daemon().name("unix-socket-timeouts").start(UnixSocket::watch);
  }

  private final Path path;
  private volatile @Nullable SocketChannel channel;
  private volatile int timeoutMillis;
  private volatile long readingSinceNanos = IDLE;
  private volatile boolean isTimedOut;

  UnixSocket(Path path) {
    this.path = path;
  }

  @Override
  public void connect(SocketAddress ignored, int timeout) throws IOException {
    channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
    OPEN.add(this);
  }

  @Override
  public void connect(SocketAddress ignored) throws IOException {
    connect(ignored, 0);
  }

  @Override
  public InputStream getInputStream() throws IOException {
    return new TimedInput(Channels.newInputStream(connected()));
  }

  @Override
  public OutputStream getOutputStream() throws IOException {
    return Channels.newOutputStream(connected());
  }

  @Override
  public void close() throws IOException {
    OPEN.remove(this);
    var open = channel;
    if (open != null) {
      open.close();
    }
  }

  @Override
  public boolean isConnected() {
    return channel != null;
  }

  @Override
  public boolean isClosed() {
    var open = channel;
    return open != null && !open.isOpen();
  }

  @Override
  public void setSoTimeout(int timeout) {
    timeoutMillis = timeout;
  }

  @Override
  public int getSoTimeout() {
    return timeoutMillis;
  }

  @Override
  public int getSendBufferSize() {
    return BUFFER_BYTES;
  }

  @Override
  public int getReceiveBufferSize() {
    return BUFFER_BYTES;
  }

  // Options of TCP mean nothing here; the driver sets them all the same.

  @Override
  public void setTcpNoDelay(boolean on) {}

  @Override
  public void setKeepAlive(boolean on) {}

  @Override
  public void setSendBufferSize(int size) {}

  @Override
  public void setReceiveBufferSize(int size) {}

  private SocketChannel connected() throws SocketException {
    var open = channel;
    if (open == null) {
      throw new SocketException("not connected");
    }
    return open;
  }

  private void closeWhereReadIsOver(long nowNanos) {
    long since = readingSinceNanos;
    int timeout = timeoutMillis;
    if (since != IDLE && timeout > 0 && nowNanos - since > timeout * NANOS_PER_MILLI) {
      isTimedOut = true;
      try {
        close();
      } catch (IOException e) {
        // The read ends by it all the same.
        readingSinceNanos = IDLE;
      }
    }
  }

  private static void watch() {
    try {
      while (true) {
        Thread.sleep(LOOK_EVERY_MILLIS);
        long now = System.nanoTime();
        OPEN.forEach(socket -> socket.closeWhereReadIsOver(now));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Notes when a read begins.
  private final class TimedInput extends FilterInputStream {
    TimedInput(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      readingSinceNanos = System.nanoTime();
      try {
        return super.read(target, offset, length);
      } catch (AsynchronousCloseException e) {
        throw isTimedOut ? new SocketTimeoutException("read timed out") : e;
      } finally {
        readingSinceNanos = IDLE;
      }
    }
  }
}
