package crypho.bench.micro;

import crypho.rtc.codec.Codec;
import crypho.rtc.codec.FrameInfo;
import crypho.rtc.codec.FrameReader;
import crypho.rtc.codec.LayerSwitcher;
import crypho.rtc.rtcp.StreamClock;
import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.ExtensionKind;
import crypho.rtc.rtp.HeaderRewriter;
import crypho.rtc.rtp.Octets;
import crypho.rtc.rtp.OutgoingHeader;
import crypho.rtc.rtp.RtpHeader;
import crypho.rtc.rtp.SeqNo;
import crypho.rtc.srtp.SrtpKeys;
import crypho.rtc.srtp.SrtpProfile;
import crypho.rtc.srtp.SrtpSender;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// One packet of VP8 read, and forwarded to each consumer: layers, header, encryption. No sockets.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ForwardBench {
  private static final int PACKET_BYTES = 1_200;
  private static final int PAYLOAD_AT = 24;
  private static final int FRAME_NANOS = 1_000_000;

  @Param({"1", "50"})
  public int consumers;

  private final ExtensionIds ids =
      new ExtensionIds(
          Map.of(
              ExtensionKind.MID, 1,
              ExtensionKind.TRANSPORT_WIDE_CC, 2,
              ExtensionKind.ABS_SEND_TIME, 3));
  private final byte[] packet = new byte[PACKET_BYTES];
  private final byte[] head = new byte[HeaderRewriter.HEADER_LENGTH_MAX];
  private final byte[] out = new byte[2 * PACKET_BYTES];
  private final RtpHeader header = new RtpHeader();
  private final FrameInfo frame = new FrameInfo();
  private final FrameReader reader = new FrameReader(Codec.VP8, ExtensionIds.NONE, false);
  private final HeaderRewriter rewriter = new HeaderRewriter(ids, ids, true);
  private LayerSwitcher[] switchers = {};
  private OutgoingHeader[] headers = {};
  private SrtpSender[] senders = {};
  private long sequence = SeqNo.START;
  private long now;

  @Setup
  public void open() {
    packet[0] = (byte) 0x90;
    packet[1] = (byte) (0x80 | 96);
    Octets.put32(packet, 8, 7);
    Octets.put16(packet, 12, 0xbede);
    Octets.put16(packet, 14, 2);
    packet[16] = 0x10;
    packet[17] = '0';
    switchers = new LayerSwitcher[consumers];
    headers = new OutgoingHeader[consumers];
    senders = new SrtpSender[consumers];
    for (var i = 0; i < consumers; i++) {
      var clocks = new StreamClock[] {new StreamClock(90_000)};
      switchers[i] = new LayerSwitcher(LayerSwitcher.Mode.SIMULCAST, clocks, i, 1_024);
      switchers[i].target(0, 7);
      headers[i] = new OutgoingHeader(100, i + 1, new byte[] {'0'});
      senders[i] = sender(i);
    }
  }

  private static SrtpSender sender(int seed) {
    var profile = SrtpProfile.AEAD_AES_128_GCM;
    var exported = new byte[profile.keyingMaterialBytes()];
    exported[0] = (byte) seed;
    try (var keys = SrtpKeys.split(profile, exported, false)) {
      return new SrtpSender(keys);
    }
  }

  /// The next packet as it would lie in the ring.
  private void next() {
    sequence++;
    now += FRAME_NANOS;
    var number = (int) (sequence - SeqNo.START);
    Octets.put16(packet, 2, SeqNo.wire16(sequence));
    Octets.put32(packet, 4, number * 90);
    packet[PAYLOAD_AT] = (byte) 0x90;
    packet[PAYLOAD_AT + 1] = (byte) 0x80;
    Octets.put16(packet, PAYLOAD_AT + 2, 0x8000 | (number & 0x7fff));
    packet[PAYLOAD_AT + 4] = (byte) (number % 100 == 1 ? 0x10 : 0x11);
  }

  /// Header, extensions and payload descriptor.
  @Benchmark
  public int parse() {
    next();
    var verdict = header.read(packet, 0, PACKET_BYTES);
    reader.read(header, packet, frame);
    return verdict;
  }

  @Benchmark
  public long forward() {
    next();
    header.read(packet, 0, PACKET_BYTES);
    reader.read(header, packet, frame);
    rewriter.prepare(header, packet);
    var octets = 0L;
    for (var i = 0; i < consumers; i++) {
      if (switchers[i].onPacket(0, header, sequence, frame, now) == LayerSwitcher.FORWARD) {
        var outgoing = switchers[i].outgoing();
        outgoing.applyTo(headers[i]);
        outgoing.applyTo(packet, header.payloadOffset());
        var length = rewriter.write(head, 0, headers[i]);
        octets +=
            senders[i].protect(
                head,
                0,
                length,
                packet,
                header.payloadOffset(),
                header.payloadLength(),
                outgoing.extendedSequence() - SeqNo.START,
                out,
                0);
      }
    }
    if (octets <= 0) {
      throw new IllegalStateException("nothing was forwarded");
    }
    return octets;
  }
}
