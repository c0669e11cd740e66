package crypho.rtc.rtcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.rtc.rtp.Octets;
import crypho.rtc.rtp.Packets;
import crypho.rtc.rtp.SeqNo;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RtcpTest {
  private static final int OURS = 0x11223344;
  private static final int THEIRS = 0x55667788;

  /// Writes down what it is told.
  private static final class Log implements RtcpVisitor {
    final List<String> lines = new ArrayList<>();
    long[] arrivals = new long[0];

    @Override
    public boolean isSent(int ssrc) {
      return ssrc == OURS;
    }

    @Override
    public void senderReport(int ssrc, long ntp, int rtpTimestamp, int packets, int octets) {
      lines.add("sr %x %x %x %d %d".formatted(ssrc, ntp, rtpTimestamp, packets, octets));
    }

    @Override
    public void reportBlock(
        int ssrc, int fraction, int lost, int highest, int jitter, int lastReport, int delay) {
      lines.add(
          "rb %x %d %d %x %d %x %d"
              .formatted(ssrc, fraction, lost, highest, jitter, lastReport, delay));
    }

    @Override
    public void cname(int ssrc, byte[] data, int offset, int length) {
      lines.add("cname %x %d".formatted(ssrc, length));
    }

    @Override
    public void bye(int ssrc) {
      lines.add("bye %x".formatted(ssrc));
    }

    @Override
    public void nack(int ssrc, int sequenceNumber) {
      lines.add("nack %d".formatted(sequenceNumber));
    }

    @Override
    public void pictureLoss(int ssrc) {
      lines.add("pli %x".formatted(ssrc));
    }

    @Override
    public void fullIntraRequest(int ssrc, int commandSequence) {
      lines.add("fir %x %d".formatted(ssrc, commandSequence));
    }

    @Override
    public void receiverEstimatedBitrate(long bitrateBps) {
      lines.add("remb %d".formatted(bitrateBps));
    }

    @Override
    public void transportFeedback(TransportFeedback feedback) {
      arrivals = Arrays.copyOf(feedback.arrivals(), feedback.count());
      lines.add(
          "twcc %d %d %d"
              .formatted(
                  feedback.baseSequenceNumber(), feedback.count(), feedback.feedbackCount()));
    }
  }

  private final RtcpReader reader = new RtcpReader();
  private final Log log = new Log();

  private int read(String hex) {
    var packet = Packets.hex(hex);
    var shifted = new byte[packet.length + 4];
    System.arraycopy(packet, 0, shifted, 2, packet.length);
    return reader.read(shifted, 2, packet.length, log);
  }

  @Test
  void aCompoundOfReportsAndDescriptionIsRead() {
    assertEquals(
        3,
        read(
            "81c8000c 55667788 e000000080000000 0000abcd 00000005 00000064"
                + "11223344 40fffffe 00010003 00000007 12345678 00010000"
                + "81ca0003 55667788 01036162 63000000"
                + "81cb0001 55667788"));
    assertEquals(
        List.of(
            "sr 55667788 e000000080000000 abcd 5 100",
            "rb 11223344 64 -2 10003 7 12345678 65536",
            "cname 55667788 3",
            "bye 55667788"),
        log.lines);
    assertEquals(0, reader.contradictory() + reader.malformed() + reader.unknown());
  }

  @Test
  void feedbackIsRead() {
    assertEquals(
        4,
        read(
            "81cd0003 55667788 11223344 fffe8001"
                + "81ce0002 55667788 11223344"
                + "84ce0004 55667788 00000000 11223344 09000000"
                + "8fce0005 55667788 00000000 52454d42 010bffff 11223344"));
    assertEquals(
        List.of(
            "nack 65534",
            "nack 65535",
            "nack 14",
            "pli 11223344",
            "fir 11223344 9",
            "remb 1048572"),
        log.lines);
  }

  @Test
  void theDraftsChunksAreRead() {
    // A run of 2 small ones, a vector of 14 one-bit and one of 7 two-bit symbols: 23 statuses, of
    // which 20 count.
    assertEquals(
        1,
        read(
            "afcd0008 55667788 11223344 00050014 00000103"
                + "2002 a001 d800 01 02 03 04 05 fffe 000003"));
    assertEquals(List.of("twcc 5 20 3"), log.lines);
    var expected = new long[20];
    Arrays.fill(expected, TransportFeedback.NOT_RECEIVED);
    expected[0] = 257;
    expected[1] = 259;
    expected[2] = 262;
    expected[15] = 266;
    expected[16] = 271;
    expected[17] = 269;
    assertArrayEquals(expected, log.arrivals);
  }

  @Test
  void brokenCompoundsHaveNoEffect() {
    assertEquals(RtcpReader.BAD_LENGTH, read(""));
    assertEquals(RtcpReader.BAD_LENGTH, read("81ce00"));
    assertEquals(RtcpReader.BAD_LENGTH, read("81cb0001 55667788 81ce0003 55667788 11223344"));
    assertEquals(RtcpReader.BAD_VERSION, read("81cb0001 55667788 01ce0002 55667788 11223344"));
    assertEquals(RtcpReader.BAD_PADDING, read("a1cb0002 55667788 00000004 80c90001 00000001"));
    assertEquals(RtcpReader.BAD_PADDING, read("a1cb0002 55667788 00000000"));
    assertEquals(RtcpReader.BAD_PADDING, read("a1cb0002 55667788 00000009"));
    assertEquals(RtcpReader.TOO_MANY, read("80c90001 00000001".repeat(65)));
    assertEquals(List.of(), log.lines);
    assertEquals(8, reader.malformed());
    assertEquals(1, read("a1cb0002 55667788 00000004"));
    assertEquals(List.of("bye 55667788"), log.lines);
  }

  @Test
  void contradictionsAreCountedAndTheRestIsDelivered() {
    var cases =
        List.of(
            "81c90007 55667788 0badcafe 00000000 00000000 00000000 00000000 00000000",
            "82c90001 55667788",
            "82c80006 55667788 0000000000000001 00000000 00000000 00000000",
            "81cd0003 55667788 0badcafe 00010000",
            "81cd0002 55667788 11223344",
            "81ce0002 55667788 0badcafe",
            "81ce0001 55667788",
            "84ce0002 55667788 00000000",
            "84ce0004 55667788 00000000 0badcafe 01000000",
            "8fce0004 55667788 00000000 52454d42 010bffff",
            "8fce0004 55667788 00000000 52454d42 00ffffff",
            "82cb0001 55667788",
            "81ca0001 55667788",
            "81ca0002 55667788 01056162",
            "81ca0002 55667788 01026162",
            "8fcd0004 55667788 11223344 00050000 00000100",
            "8fcd0005 55667788 11223344 0005ffff 00000100 20010000",
            "8fcd0005 55667788 11223344 00050003 00000100 20030000",
            "8fcd0005 55667788 11223344 00050003 00000100 60030000",
            "8fcd0005 55667788 11223344 00050003 00000100 20000000",
            "8fcd0005 55667788 11223344 00050001 00000100 f0000000");
    for (var i = 0; i < cases.size(); i++) {
      assertEquals(2, read(cases.get(i) + "81cb0001 0000000" + "1"), cases.get(i));
      assertEquals(i + 1, reader.contradictory(), cases.get(i));
    }
    assertEquals(cases.size(), log.lines.size());
    assertEquals("[bye 1]", String.valueOf(log.lines.stream().distinct().toList()));
  }

  @Test
  void unknownTypesAreSkippedAndCounted() {
    assertEquals(
        5,
        read(
            "80cf0001 55667788 80cc0002 55667788 41414141 83cd0003 55667788 11223344 00000000"
                + "8fce0003 55667788 00000000 41414141 81cb0001 55667788"));
    assertEquals(4, reader.unknown());
    assertEquals(List.of("bye 55667788"), log.lines);
  }

  @Test
  void whatIsWrittenIsReadAgain() {
    var out = new byte[300];
    var writer = new RtcpWriter();
    writer.begin(out, 10, 300);
    assertTrue(writer.senderReport(THEIRS, 0x1_0000_0002L, 3, 4, 5));
    assertTrue(writer.reportBlock(OURS, 6, -7, 8, 9, 10, 11));
    assertTrue(writer.cname(THEIRS, new byte[] {'a', 'b'}));
    assertFalse(writer.reportBlock(OURS, 6, -7, 8, 9, 10, 11), "the report is closed");
    assertEquals(4, writer.nack(THEIRS, OURS, new int[] {0, 65_535, 0, 15, 16}, 1, 4));
    assertTrue(writer.pictureLoss(THEIRS, OURS));
    assertTrue(writer.fullIntraRequest(THEIRS, OURS, 200));
    assertTrue(writer.receiverEstimatedBitrate(THEIRS, 5_000_001, new int[] {1, 2}, 2));
    assertTrue(writer.bye(THEIRS));
    assertEquals(7, reader.read(out, 10, writer.length(), log));
    assertEquals(
        List.of(
            "sr 55667788 100000002 3 4 5",
            "rb 11223344 6 -7 8 9 a 11",
            "cname 55667788 2",
            "nack 65535",
            "nack 0",
            "nack 15",
            "nack 16",
            "pli 11223344",
            "fir 11223344 200",
            "remb 5000000",
            "bye 55667788"),
        log.lines);
    var length = writer.length();
    writer.begin(out, 10, 10 + length);
    var reports = 0;
    while (writer.receiverReport(1)) {
      assertTrue(++reports <= length / 8, "beyond the limit");
    }
    assertEquals(length / 8 * 8, writer.length());
    assertFalse(writer.bye(1));
    assertEquals(0, writer.nack(1, 2, new int[] {3}, 0, 1));
  }

  @Seeded
  void arrivalsComeThroughFeedback(Gen gen) {
    var count = gen.intBetween(1, 600);
    var arrivals = new long[count];
    var time = gen.intBetween(0, 1_000_000) + 0L;
    for (var i = 0; i < count; i++) {
      time +=
          gen.chance(0.02) ? gen.intBetween(-2_000, 40_000) : gen.below(gen.chance(0.5) ? 4 : 300);
      arrivals[i] = gen.chance(0.2) ? TransportFeedback.NOT_RECEIVED : time;
    }
    arrivals[gen.below(count)] = time;
    var out = new byte[1_200];
    var writer = new TransportFeedbackWriter();
    var got = new long[count];
    Arrays.fill(got, TransportFeedback.NOT_RECEIVED);
    var from = 0;
    var base = 65_000L;
    for (var n = 0; from < count; n++) {
      var length =
          writer.write(
              out, 0, out.length, THEIRS, OURS, n, base + from, arrivals, from, count - from);
      if (length < 0) {
        // Only the missing are left, or more missing at once than one packet may speak of.
        from += 1;
        continue;
      }
      assertEquals(1, reader.read(out, 0, length, log));
      assertEquals(
          "twcc %d %d %d".formatted((base + from) & 0xffff, writer.consumed(), n & 0xff),
          log.lines.getLast());
      assertTrue(writer.consumed() > 0);
      System.arraycopy(log.arrivals, 0, got, from, writer.consumed());
      from += writer.consumed();
    }
    assertArrayEquals(arrivals, got);
  }

  @Test
  void theReferenceTimeGoesOnAfterItWraps() {
    var feedback = new TransportFeedback();
    var packet = Packets.hex("8fcd0005 00000001 00000002 00050001 7fffff00 20010000");
    packet[22] = 5;
    assertTrue(feedback.read(packet, 0, 23));
    assertEquals(0x7f_ffffL * 256 + 5, feedback.arrivalTicks(0));
    Octets.put24(packet, 16, 0x80_0000);
    assertTrue(feedback.read(packet, 0, 23));
    assertEquals(0x80_0000L * 256 + 5, feedback.arrivalTicks(0));
  }

  /// RFC 3550 A.3 and A.8 on a constructed stream.
  @Test
  void receptionIsReported() {
    var stats = new ReceptionStats(90_000);
    var writer = new RtcpWriter();
    var out = new byte[100];
    var base = SeqNo.START + 65_530;
    for (var i = 0; i < 100; i++) {
      if (i % 4 != 3) {
        stats.onPacket(base + i, i * 3_000, i * 33_333_333L);
      }
    }
    stats.onSenderReport(0xaaaa_1234_5678_bbbbL, 3_000_000_000L);
    writer.begin(out, 0, 100);
    assertTrue(writer.receiverReport(THEIRS));
    assertTrue(stats.report(OURS, 3_500_000_000L, writer));
    assertEquals(1, reader.read(out, 0, writer.length(), log));
    // The last (i = 99) never came: 99 expected, 24 lost.
    assertEquals(
        List.of("rb 11223344 62 24 " + "%x".formatted((int) (base + 98)) + " 0 12345678 32768"),
        log.lines);
    stats.onPacket(base + 100, 100 * 3_000, 100 * 33_333_333L + 10_000_000);
    assertEquals(900 / 16, stats.jitter());
    writer.begin(out, 0, 100);
    assertTrue(writer.receiverReport(THEIRS));
    assertTrue(stats.report(OURS, 3_500_000_000L, writer));
    reader.read(out, 0, writer.length(), log);
    assertTrue(log.lines.getLast().startsWith("rb 11223344 128 25 "), log.lines.getLast());
  }

  @Test
  void clocksOfOneSenderAreRelated() {
    var low = new StreamClock(90_000);
    var high = new StreamClock(90_000);
    assertFalse(low.isSynchronized());
    low.onSenderReport(0, 5, 0);
    assertFalse(low.isSynchronized());
    var ntp = NtpTime.ofUnixNanos(1_700_000_000_500_000_000L);
    low.onSenderReport(ntp, 1_000, 0);
    high.onSenderReport(ntp + (1L << 31), -500, 700_000_000L);
    assertEquals(1_000 + 45_000 + 500, high.offsetTo(low));
    assertEquals(1_000 + 90_000, low.rtpAt(1_000_000_000L));
    assertEquals(ntp + (1L << 32), low.ntpAt(1_000_000_000L));
    assertEquals(1_500_000_000L, NtpTime.toNanos(3L << 31));
    assertEquals(-500_000_000L, NtpTime.toNanos(-1L << 31));
  }

  @Test
  void roundTripsComeFromReportsAboutOurs() {
    var trip = new RoundTrip();
    assertEquals(RoundTrip.UNKNOWN, trip.onReportBlock(0, 0, 5));
    trip.onSenderReportSent(0x1_2345_6789_abcdL, 1_000_000_000L);
    assertEquals(RoundTrip.UNKNOWN, trip.onReportBlock(7, 0, 5));
    assertEquals(RoundTrip.UNKNOWN, trip.onReportBlock(0x2345_6789, 65_536, 1_500_000_000L));
    assertEquals(100_000_000L, trip.onReportBlock(0x2345_6789, 65_536, 2_100_000_000L));
    assertEquals(110_000_000L, trip.onReportBlock(0x2345_6789, 65_536, 2_180_000_000L));
  }
}
