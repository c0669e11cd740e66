package crypho.rtc.dtls;

import crypho.rtc.ice.SourceLimit;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// The handshakes of a process, off the media loops: each runs on a virtual thread while it lasts,
/// as the library blocks; [#RUNNING_MAX] at once, of these [#PER_SOURCE_MAX] with one source, none
/// longer than [#TIME_MAX]. Owns the certificate. Every method may be called from any thread.
public final class DtlsHandshakes implements AutoCloseable {
  /// How many handshakes run at once. One more is not started: its packets are dropped, and the
  /// peer's retransmission tries again.
  public static final int RUNNING_MAX = 1_024;

  /// How many of them one source may have, where it is known: an IPv4 address, or an IPv6 network
  /// of 64 bits. So one who says hello and no more leaves room for others.
  public static final int PER_SOURCE_MAX = 128;

  /// How long a handshake may take.
  public static final Duration TIME_MAX = Duration.ofSeconds(30);

  private final DtlsIdentity identity;
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("dtls-", 0).factory());
  private final Semaphore slots = new Semaphore(RUNNING_MAX);
  private final SourceLimit sources = new SourceLimit(PER_SOURCE_MAX, RUNNING_MAX);
  private final AtomicLong refused = new AtomicLong();

  public DtlsHandshakes(Instant now, SecureRandom random) {
    identity = DtlsIdentity.generate(now, random);
  }

  /// The fingerprint of our certificate, for signalling.
  public DtlsFingerprint fingerprint(DtlsFingerprint.Algorithm algorithm) {
    return identity.fingerprint(algorithm);
  }

  /// Makes the endpoint of one transport. Nothing runs until its first packet, or, as the client,
  /// until [DtlsEndpoint#start].
  ///
  /// @param loop runs short tasks one at a time, in order, on the thread that owns the transport
  /// @param output is called on `loop` only
  public DtlsEndpoint endpoint(
      DtlsRole role, DtlsFingerprint peer, Executor loop, DtlsEndpoint.Output output) {
    return new DtlsEndpoint(this, role, new SrtpNegotiation(identity, peer), loop, output);
  }

  /// How many handshakes are running.
  public int running() {
    return RUNNING_MAX - slots.availablePermits();
  }

  /// How many times a handshake was not started because as many as may were running.
  public long refused() {
    return refused.get();
  }

  /// @param source with whom the handshake would be; null where that is not known
  boolean takeSlot(@Nullable InetAddress source) {
    if (slots.tryAcquire()) {
      if (source == null || sources.acquire(source)) {
        return true;
      }
      slots.release();
    }
    refused.incrementAndGet();
    return false;
  }

  void returnSlot(@Nullable InetAddress source) {
    if (source != null) {
      sources.release(source);
    }
    slots.release();
  }

  /// Whether the task will run; not after [#close].
  boolean run(Runnable task) {
    try {
      threads.execute(task);
      return true;
    } catch (RejectedExecutionException _) {
      return false;
    }
  }

  /// Ends the threads; endpoints get no more events.
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
