package crypho.router.turn;

import crypho.router.net.TcpListener;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// TLS towards clients. The dear part of a handshake runs beside the event loops, few at once and
/// with a bounded queue, beyond which handshakes fail: media does not wait for them. A certificate
/// that is renewed on the disk counts from then on.
final class TurnTls implements TcpListener.Tls, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TurnTls.class);
  private static final int THREADS_MAX = 2;
  private static final int WAITING_MAX = 256;
  private static final long IDLE_SECONDS = 30;
  private static final long HANDSHAKE_SECONDS_MAX = 10;

  private final Path certificate;
  private final Path key;
  private final ThreadPoolExecutor handshakes;
  private volatile SslContext context;
  private FileTime changed;

  TurnTls(TurnSettings.Tls files) throws IOException {
    certificate = files.certificate();
    key = files.key();
    changed = Files.getLastModifiedTime(certificate);
    context = load();
    handshakes =
        new ThreadPoolExecutor(
            THREADS_MAX,
            THREADS_MAX,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(WAITING_MAX),
            new DefaultThreadFactory("turn-tls", true));
    handshakes.allowCoreThreadTimeOut(true);
  }

  private SslContext load() throws IOException {
    try {
      return SslContextBuilder.forServer(certificate.toFile(), key.toFile())
          .protocols("TLSv1.3", "TLSv1.2")
          .build();
    } catch (IllegalArgumentException e) {
      throw new IOException("the TURN certificate or its key cannot be read", e);
    }
  }

  /// Looks whether the certificate was renewed. One that cannot be read leaves the old in place.
  void reload() {
    try {
      var time = Files.getLastModifiedTime(certificate);
      if (!time.equals(changed)) {
        context = load();
        changed = time;
      }
    } catch (IOException e) {
      LOG.warn("the renewed TURN certificate cannot be read, the old one stays", e);
    }
  }

  @Override
  public void addTo(Channel channel) {
    var handler = context.newHandler(channel.alloc(), handshakes);
    handler.setWrapDataSize(0);
    handler.setHandshakeTimeout(HANDSHAKE_SECONDS_MAX, TimeUnit.SECONDS);
    channel.pipeline().addLast(handler);
  }

  @Override
  public void close() {
    handshakes.shutdownNow();
  }
}
