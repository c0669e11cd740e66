package crypho.rtc.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import crypho.rtc.rtcp.StreamClock;
import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.ExtensionKind;
import crypho.rtc.rtp.HeaderRewriter;
import crypho.rtc.rtp.NackGenerator;
import crypho.rtc.rtp.Octets;
import crypho.rtc.rtp.OutgoingHeader;
import crypho.rtc.rtp.PacketRing;
import crypho.rtc.rtp.Packets;
import crypho.rtc.rtp.RtpHeader;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// The whole way of a packet from the ring to ten consumers' headers allocates nothing.
final class ForwardAllocationTest {
  private static final int CONSUMERS = 10;
  private static final int PACKETS = 20_000;

  /// What the measurement itself may cost, far below one object a packet.
  private static final long NOISE_BYTES = 4_096;

  private final ExtensionIds ids =
      new ExtensionIds(
          Map.of(
              ExtensionKind.MID, 1,
              ExtensionKind.TRANSPORT_WIDE_CC, 2,
              ExtensionKind.ABS_SEND_TIME, 3));
  private final byte[] packet =
      Packets.rtp(
          96,
          true,
          1,
          1,
          7,
          List.of(new Packets.Element(1, "30"), new Packets.Element(2, "0000")),
          new byte[1_180]);
  private final PacketRing ring = new PacketRing(1_024, 1 << 21);
  private final RtpHeader header = new RtpHeader();
  private final FrameInfo frame = new FrameInfo();
  private final FrameReader reader = new FrameReader(Codec.VP8, ExtensionIds.NONE, false);
  private final NackGenerator nacks = new NackGenerator();
  private final HeaderRewriter rewriter = new HeaderRewriter(ids, ids, true);
  private final LayerSwitcher[] switchers = new LayerSwitcher[CONSUMERS];
  private final OutgoingHeader[] headers = new OutgoingHeader[CONSUMERS];
  private final byte[] out = new byte[HeaderRewriter.HEADER_LENGTH_MAX];
  private final int[] wanted = new int[32];
  private long now;
  private int number;
  private long forwarded;

  private void forward(int packets) {
    for (var i = 0; i < packets; i++) {
      number++;
      now += 1_000_000;
      Octets.put16(packet, 2, number);
      Octets.put32(packet, 4, number * 3_000);
      var payload = packet.length - 1_180;
      packet[payload] = (byte) 0x90;
      packet[payload + 1] = (byte) 0xe0;
      Octets.put16(packet, payload + 2, 0x8000 | (number & 0x7fff));
      packet[payload + 4] = (byte) number;
      packet[payload + 5] = (byte) (number % 2 << 6);
      packet[payload + 6] = (byte) (number % 100 == 1 ? 0 : 1);
      if (number % 50 != 49) {
        receive();
      }
      nacks.poll(now, 30_000_000, wanted);
    }
  }

  private void receive() {
    var at = ring.reserve(packet.length, now);
    System.arraycopy(packet, 0, ring.data(), at, packet.length);
    header.read(ring.data(), at, packet.length);
    var sequence = ring.extend(header.sequenceNumber());
    ring.commit(sequence, packet.length, now);
    nacks.onPacket(sequence, now);
    reader.read(header, ring.data(), frame);
    rewriter.prepare(header, ring.data());
    for (var i = 0; i < CONSUMERS; i++) {
      if (switchers[i].onPacket(0, header, sequence, frame, now) == LayerSwitcher.FORWARD) {
        switchers[i].outgoing().applyTo(headers[i]);
        switchers[i].outgoing().applyTo(ring.data(), header.payloadOffset());
        headers[i].transportSequenceNumber = number;
        headers[i].absSendTime = OutgoingHeader.absSendTime(now);
        forwarded += rewriter.write(out, 0, headers[i]) > 0 ? 1 : 0;
      }
    }
  }

  @Test
  void forwardingAllocatesNothing() {
    for (var i = 0; i < CONSUMERS; i++) {
      switchers[i] =
          new LayerSwitcher(
              LayerSwitcher.Mode.SIMULCAST, new StreamClock[] {new StreamClock(90_000)}, i, 512);
      switchers[i].target(0, i % 2);
      headers[i] = new OutgoingHeader(100, i, new byte[] {'0'});
    }
    forward(PACKETS);
    var bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var before = bean.getCurrentThreadAllocatedBytes();
    var sentBefore = forwarded;
    forward(PACKETS);
    var allocated = bean.getCurrentThreadAllocatedBytes() - before;
    var sent = forwarded - sentBefore;
    assertEquals(PACKETS * 0.98 * 7.5, (double) sent, PACKETS * 0.2);
    assertTrue(allocated < NOISE_BYTES, allocated + " bytes");
  }
}
