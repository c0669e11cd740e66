package crypho.rtc.dtls;

import static crypho.rtc.rtp.Octets.u16;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.bouncycastle.tls.DTLSClientProtocol;
import org.bouncycastle.tls.DTLSServerProtocol;
import org.bouncycastle.tls.DTLSTransport;
import org.bouncycastle.tls.DatagramTransport;
import org.bouncycastle.tls.TlsTimeoutException;
import org.jspecify.annotations.Nullable;

/// One transport's DTLS association (RFC 6347) for keys of SRTP (RFC 5764).
///
/// Methods are called on the transport's loop and never block: a packet goes into a bounded inbox,
/// and a virtual thread, which lives only while there is work, feeds the library from it. What the
/// library writes goes into a bounded outbox; a task on the loop empties it into [Output]. So all
/// output comes on the loop, in order, and a handshake never holds the loop up.
///
/// | state | packet | ends by |
/// |---|---|---|
/// | new | starts the handshake, as the server | [#start], as the client |
/// | handshake | feeds it | `Connected`, or `Failed` after at most 30 s |
/// | connected | a repeated Finished is answered again; alerts are read; else dropped | `Closed`, `Failed` |
/// | ended | dropped | |
///
/// There is no cookie exchange (RFC 6347 §4.2.1): packets reach this only over a path that ICE has
/// checked. What an endpoint writes before it is connected is bounded by
/// [#HANDSHAKE_OUT_BYTES_MAX], retransmissions included. Renegotiation is refused, since the
/// library does not know it: a new ClientHello in an association is dropped. Out of scope:
/// application data (dropped), DTLS 1.3, session resumption.
public final class DtlsEndpoint {
  /// Receives what an endpoint has to say, on its loop.
  public interface Output {
    /// A packet to the peer, valid during the call.
    void transmit(byte[] data, int offset, int length);

    void event(DtlsEvent event);
  }

  /// The longest packet read; longer ones are dropped.
  public static final int PACKET_BYTES_MAX = 2_048;

  /// The longest packet written: handshake messages are cut to it.
  public static final int SEND_BYTES_MAX = 1_200;

  /// How many packets wait for the handshake's thread.
  public static final int INBOX_MAX = 32;

  /// How many packets wait for the loop.
  public static final int OUTBOX_MAX = 64;

  /// How much a handshake writes in all: some twenty flights of a server.
  public static final int HANDSHAKE_OUT_BYTES_MAX = 24_576;

  private static final int RECORD_HEADER_BYTES = 13;
  private static final int RECORD_LENGTH_AT = 11;
  private static final byte VERSION_MAJOR = (byte) 0xfe;
  private static final int CONTENT_TYPE_MIN = 20;
  private static final int CONTENT_TYPE_MAX = 63;

  /// No packet: wakes a handshake that waits for one, so that it sees the end.
  private static final byte[] STOP = new byte[0];

  private final DtlsHandshakes handshakes;
  private final DtlsRole role;
  private final SrtpNegotiation negotiation;
  private final Executor loop;
  private final Output output;
  private final BlockingQueue<byte[]> inbox = new ArrayBlockingQueue<>(INBOX_MAX);
  private final BlockingQueue<byte[]> outbox = new ArrayBlockingQueue<>(OUTBOX_MAX);

  /// At most `Connected` and one end; each with the packets before it already drained or queued.
  private final ConcurrentLinkedQueue<DtlsEvent> events = new ConcurrentLinkedQueue<>();

  private final AtomicBoolean isWorking = new AtomicBoolean();
  private final AtomicBoolean isDraining = new AtomicBoolean();
  private volatile @Nullable InetAddress source;
  private volatile boolean isStopping;
  private volatile boolean hasEnded;

  /// The loop's.
  private long dropped;

  /// The worker's.
  private @Nullable DTLSTransport transport;

  private int handshakeOutBytes;

  DtlsEndpoint(
      DtlsHandshakes handshakes,
      DtlsRole role,
      SrtpNegotiation negotiation,
      Executor loop,
      Output output) {
    this.handshakes = handshakes;
    this.role = role;
    this.negotiation = negotiation;
    this.loop = loop;
    this.output = output;
  }

  /// Begins the handshake as the client, once ICE has a path; a server waits for its peer.
  public void start() {
    if (role == DtlsRole.CLIENT) {
      work();
    }
  }

  /// Says from where the packets come that follow: the handshake counts against that source.
  public void from(InetAddress source) {
    this.source = source;
  }

  /// Takes a packet from the path: one whose first byte is from 20 to 63 (RFC 7983). Copies it.
  public void onPacket(byte[] data, int offset, int length) {
    if (hasEnded
        || length > PACKET_BYTES_MAX
        || !isRecord(data, offset, length)
        || inbox.remainingCapacity() == 0
        || !inbox.offer(Arrays.copyOfRange(data, offset, offset + length))) {
      dropped++;
      return;
    }
    if (!work()) {
      inbox.clear();
      dropped++;
    }
  }

  /// Whether a packet begins with a record of DTLS 1.0 to 1.2 that it holds whole (RFC 6347 §4.1):
  /// no thread is woken for anything else.
  private static boolean isRecord(byte[] data, int offset, int length) {
    return length >= RECORD_HEADER_BYTES
        && data[offset] >= CONTENT_TYPE_MIN
        && data[offset] <= CONTENT_TYPE_MAX
        && data[offset + 1] == VERSION_MAJOR
        && u16(data, offset + RECORD_LENGTH_AT) <= length - RECORD_HEADER_BYTES;
  }

  /// How many packets were not read: malformed on the outside, too many, or after the end.
  public long dropped() {
    return dropped;
  }

  /// Ends the association: tells the peer where it is connected, and answers with `Closed`.
  public void close() {
    isStopping = true;
    inbox.clear();
    inbox.offer(STOP);
    work();
  }

  /// Sees to it that a thread reads the inbox; false where none may be started.
  private boolean work() {
    if (!isWorking.compareAndSet(false, true)) {
      return true;
    }
    if (handshakes.run(this::runUntilIdle)) {
      return true;
    }
    isWorking.set(false);
    return false;
  }

  private void runUntilIdle() {
    do {
      runOnce();
      isWorking.set(false);
    } while (!inbox.isEmpty() && !hasEnded && isWorking.compareAndSet(false, true));
  }

  private void runOnce() {
    if (hasEnded) {
      return;
    }
    var isSound = false;
    try {
      var connected = transport;
      if (connected != null) {
        read(connected);
      } else if (isStopping) {
        end(new DtlsEvent.Closed());
      } else {
        shake();
      }
      isSound = true;
    } catch (IOException | RuntimeException e) {
      isSound = true;
      end(isStopping ? new DtlsEvent.Closed() : new DtlsEvent.Failed(failure(e)));
    } finally {
      // An error of the machine ends the thread; the transport must hear of it all the same.
      if (!isSound) {
        end(new DtlsEvent.Failed(DtlsFailure.PROTOCOL));
      }
    }
  }

  private void shake() throws IOException {
    var with = source;
    if (!handshakes.takeSlot(with)) {
      inbox.clear();
      if (role == DtlsRole.CLIENT) {
        end(new DtlsEvent.Failed(DtlsFailure.OVERLOADED));
      }
      return;
    }
    try {
      var path = new Path();
      transport =
          switch (role) {
            case SERVER -> new DTLSServerProtocol().accept(new DtlsServer(negotiation), path);
            case CLIENT -> new DTLSClientProtocol().connect(new DtlsClient(negotiation), path);
          };
      post(new DtlsEvent.Connected(negotiation.keys()));
    } finally {
      handshakes.returnSlot(with);
    }
  }

  /// Reads what has come since the handshake: the library answers repeated flights by itself.
  private void read(DTLSTransport connected) throws IOException {
    var buffer = new byte[PACKET_BYTES_MAX];
    while (isStopping || !inbox.isEmpty()) {
      if (isStopping) {
        connected.close();
        end(new DtlsEvent.Closed());
        return;
      }
      connected.receive(buffer, 0, buffer.length, 1);
      if (negotiation.isClosedByPeer()) {
        connected.close();
        end(new DtlsEvent.Closed());
        return;
      }
    }
  }

  private DtlsFailure failure(Exception e) {
    var found = negotiation.failure();
    if (found != null) {
      return found;
    }
    return e instanceof TlsTimeoutException ? DtlsFailure.TIMEOUT : DtlsFailure.PROTOCOL;
  }

  private void end(DtlsEvent event) {
    hasEnded = true;
    inbox.clear();
    post(event);
  }

  private void post(DtlsEvent event) {
    events.add(event);
    wakeLoop();
  }

  private void wakeLoop() {
    if (isDraining.compareAndSet(false, true)) {
      try {
        loop.execute(this::drain);
      } catch (RejectedExecutionException _) {
        // The loop has ended, and the transport with it.
        outbox.clear();
      }
    }
  }

  private void drain() {
    isDraining.set(false);
    for (var packet = outbox.poll(); packet != null; packet = outbox.poll()) {
      output.transmit(packet, 0, packet.length);
    }
    for (var event = events.poll(); event != null; event = events.poll()) {
      output.event(event);
    }
  }

  /// The path as the library sees it, on the worker.
  private final class Path implements DatagramTransport {
    @Override
    public int getReceiveLimit() {
      return PACKET_BYTES_MAX;
    }

    @Override
    public int getSendLimit() {
      return SEND_BYTES_MAX;
    }

    @Override
    public int receive(byte[] buffer, int offset, int length, int waitMillis) throws IOException {
      try {
        var packet = inbox.poll(waitMillis, TimeUnit.MILLISECONDS);
        if (packet == null) {
          return -1;
        }
        if (packet.length == 0) {
          if (transport != null) {
            return -1;
          }
          throw new InterruptedIOException("closed");
        }
        var copied = Math.min(length, packet.length);
        System.arraycopy(packet, 0, buffer, offset, copied);
        return copied;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("the server is closing");
      }
    }

    @Override
    public void send(byte[] buffer, int offset, int length) {
      if (transport == null) {
        if (handshakeOutBytes + length > HANDSHAKE_OUT_BYTES_MAX) {
          return;
        }
        handshakeOutBytes += length;
      }
      // A full outbox loses the packet, as a network would.
      if (outbox.offer(Arrays.copyOfRange(buffer, offset, offset + length))) {
        wakeLoop();
      }
    }

    @Override
    public void close() {
      // The path is the transport's.
    }
  }
}
