package crypho.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.rtc.rtcp.TransportFeedback;
import crypho.rtc.rtcp.TransportFeedbackWriter;
import crypho.rtc.rtp.RtpHeader;
import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.Stats;
import crypho.wire.router.v1.Suspension;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What a client reports decides what it gets; over real sockets.
final class FeedbackTest {
  private static final int VIDEO = 0x2000;
  private static final int STREAMS = 3;
  private static final int FEEDBACK_ID = 5;
  private static final long FEEDBACK_NANOS = 50_000_000L;
  private static final long FRAME_NANOS = 20_000_000L;

  /// A receiver that reports each packet's arrival, as browsers do.
  private static final class Reporter {
    private final Peer peer;
    private final RtpHeader header = new RtpHeader();
    private final TransportFeedbackWriter writer = new TransportFeedbackWriter();
    private final List<long[]> arrived = new ArrayList<>();
    private final byte[] out = new byte[1_200];
    private int count;
    private long dueNanos;

    Reporter(Peer peer) {
      this.peer = peer;
    }

    void read(boolean isReporting) throws IOException {
      peer.drain();
      var now = System.nanoTime();
      for (var packet = peer.pollRtp(); packet != null; packet = peer.pollRtp()) {
        assertEquals(RtpHeader.OK, header.read(packet, 0, packet.length));
        var element = header.find(FEEDBACK_ID);
        if (element >= 0) {
          var at = header.elementOffset(element);
          var number = (packet[at] & 0xff) << 8 | (packet[at + 1] & 0xff);
          arrived.add(new long[] {number, now / 250_000});
        }
      }
      if (now >= dueNanos && !arrived.isEmpty() && isReporting) {
        dueNanos = now + FEEDBACK_NANOS;
        report();
      }
    }

    private void report() throws IOException {
      var first = arrived.getFirst()[0];
      var last = arrived.stream().mapToLong(a -> a[0]).max().orElse(first);
      var ticks = new long[(int) (last - first) + 1];
      Arrays.fill(ticks, TransportFeedback.NOT_RECEIVED);
      arrived.forEach(a -> ticks[(int) (a[0] - first)] = a[1]);
      arrived.clear();
      var length = writer.write(out, 0, out.length, 1, 2, count++, first, ticks, 0, ticks.length);
      peer.sendRtcp(Arrays.copyOf(out, length));
    }
  }

  /// Nothing is known of the path, so what the start rate bears is sent; then probes, of padding
  /// that no picture needs, find that it bears all layers.
  @Test
  void probesRaiseTheLayer() throws IOException {
    try (var world = World.usual()) {
      world.listen();
      var room = world.room();
      var from = world.join(room);
      var to = world.join(room);
      var producer = world.produce(from.transport(), World.video(VIDEO, STREAMS));
      var _ = world.consume(to, producer, room.getRtpCapabilities());
      var reporter = new Reporter(to.peer());
      var camera = new Camera(from.peer());
      var until = System.nanoTime() + 1_500_000_000L;
      while (System.nanoTime() < until) {
        camera.send();
        reporter.read(false);
      }
      assertEquals(1, world.stats(room).getConsumers(0).getSpatialLayer());
      assertNull(world.pollEvent(FeedbackTest::isHighest));
      var last = new ControlEvent[1];
      World.await(
          "the highest layer",
          () -> {
            var event = world.pollEvent(ControlEvent::hasConsumerState);
            last[0] = event == null ? last[0] : event;
            return isHighest(last[0]);
          },
          () -> {
            camera.send();
            reporter.read(true);
          });
      var transport = receiving(world.stats(room));
      assertTrue(transport.getProbeBytesSent() > 0, transport::toString);
    }
  }

  private static boolean isHighest(@org.jspecify.annotations.Nullable ControlEvent event) {
    return event != null
        && event.getConsumerState().getSuspension() == Suspension.NOT_SUSPENDED
        && event.getConsumerState().hasLayers()
        && event.getConsumerState().getLayers().getSpatialLayer() == STREAMS - 1;
  }

  private static crypho.wire.router.v1.TransportStats receiving(Stats stats) {
    return stats.getTransportsList().stream()
        .filter(t -> t.getWantedOutgoingBitrate() > 0)
        .findFirst()
        .orElseThrow();
  }

  /// Three layers of about 60, 180 and 540 kbit/s.
  private static final class Camera {
    private final Peer peer;
    private final int[] sequences = new int[STREAMS];
    private int pictures;
    private long dueNanos = System.nanoTime();

    Camera(Peer peer) {
      this.peer = peer;
    }

    void send() throws IOException {
      if (System.nanoTime() < dueNanos) {
        return;
      }
      dueNanos += FRAME_NANOS;
      pictures++;
      var length = 150;
      for (var i = 0; i < STREAMS; i++) {
        var text = "x".repeat(length);
        peer.send(peer.protect(World.frame(VIDEO + i, ++sequences[i], pictures, true, text)));
        length *= 3;
      }
    }
  }
}
