package crypho.rtc.dtls;

import crypho.rtc.srtp.SrtpKeys;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// One end of an association in memory, with its loop; what it transmits goes to `wire`, on the
/// loop.
final class Side implements DtlsEndpoint.Output {
  static final DtlsFingerprint.Algorithm SHA_256 = DtlsFingerprint.Algorithm.SHA_256;
  private static final long PATIENCE_SECONDS = 29;

  final DtlsEndpoint endpoint;
  final Executor loop;
  final List<byte[]> sent = new ArrayList<>();
  private final BlockingQueue<DtlsEvent> events = new LinkedBlockingQueue<>();
  Consumer<byte[]> wire = packet -> {};

  Side(DtlsHandshakes handshakes, DtlsRole role, DtlsFingerprint peer, Executor loop) {
    this.loop = loop;
    this.endpoint = handshakes.endpoint(role, peer, loop, this);
  }

  static DtlsHandshakes handshakes() {
    return new DtlsHandshakes(Instant.parse("2026-01-01T00:00:00Z"), new SecureRandom());
  }

  @Override
  public void transmit(byte[] data, int offset, int length) {
    var packet = Arrays.copyOfRange(data, offset, offset + length);
    sent.add(packet);
    wire.accept(packet);
  }

  @Override
  public void event(DtlsEvent event) {
    events.add(event);
  }

  void give(byte[] packet) {
    loop.execute(() -> endpoint.onPacket(packet, 0, packet.length));
  }

  DtlsEvent next() throws InterruptedException {
    var event = events.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (event == null) {
      throw new AssertionError("no event");
    }
    return event;
  }

  SrtpKeys keys() throws InterruptedException {
    return switch (next()) {
      case DtlsEvent.Connected(var keys) -> keys;
      case DtlsEvent.Closed _ -> throw new AssertionError("closed");
      case DtlsEvent.Failed(var failure) -> throw new AssertionError(failure);
    };
  }

  boolean isSilent() {
    return events.isEmpty();
  }
}
