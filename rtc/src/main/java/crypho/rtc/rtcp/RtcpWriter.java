package crypho.rtc.rtcp;

import static crypho.rtc.rtp.Octets.put16;
import static crypho.rtc.rtp.Octets.put24;
import static crypho.rtc.rtp.Octets.put32;
import static crypho.rtc.rtp.Octets.put64;
import static crypho.rtc.rtp.Octets.u16;

/// Writes one compound RTCP packet into an array, part by part. Each method says whether its part
/// fitted; one that did not leaves the compound as it was. Reused; one owner thread.
///
/// RFC 3550 §6.1 wants a report and a CNAME first; feedback alone is reduced-size RTCP (RFC 5506).
public final class RtcpWriter {
  /// Blocks in one report.
  public static final int REPORT_BLOCKS_MAX = 31;

  private static final int SENDER_REPORT_LENGTH = 28;
  private static final int RECEIVER_REPORT_LENGTH = 8;
  private static final int REPORT_BLOCK_LENGTH = 24;
  private static final int FEEDBACK_LENGTH = 12;
  private static final int CNAME_LENGTH_MAX = 255;
  private static final int REMB_STREAMS_MAX = 255;

  private byte[] out = new byte[0];
  private int start;
  private int limit;
  private int at;

  /// The report that takes blocks, or -1.
  private int report;

  /// Begins a compound in `out` from `offset` to `limit` (exclusive).
  public void begin(byte[] out, int offset, int limit) {
    this.out = out;
    this.start = offset;
    this.limit = limit;
    this.at = offset;
    this.report = -1;
  }

  /// Octets written since [#begin].
  public int length() {
    return at - start;
  }

  /// A sender report (RFC 3550 §6.4.1) that takes [#reportBlock]s.
  public boolean senderReport(int ssrc, long ntp, int rtpTimestamp, int packets, int octets) {
    if (!open(RtcpType.SENDER_REPORT, 0, SENDER_REPORT_LENGTH)) {
      return false;
    }
    put32(out, at + 4, ssrc);
    put64(out, at + 8, ntp);
    put32(out, at + 16, rtpTimestamp);
    put32(out, at + 20, packets);
    put32(out, at + 24, octets);
    report = at;
    at += SENDER_REPORT_LENGTH;
    return true;
  }

  /// A receiver report (RFC 3550 §6.4.2) that takes [#reportBlock]s.
  public boolean receiverReport(int ssrc) {
    if (!open(RtcpType.RECEIVER_REPORT, 0, RECEIVER_REPORT_LENGTH)) {
      return false;
    }
    put32(out, at + 4, ssrc);
    report = at;
    at += RECEIVER_REPORT_LENGTH;
    return true;
  }

  /// Adds a block to the report that was begun last; false also when it has [#REPORT_BLOCKS_MAX] or
  /// something else was written since. See [RtcpVisitor#reportBlock].
  public boolean reportBlock(
      int ssrc,
      int fractionLost,
      int cumulativeLost,
      int highestSequence,
      int jitter,
      int lastReport,
      int delay) {
    if (report < 0
        || limit - at < REPORT_BLOCK_LENGTH
        || (out[report] & 0x1f) == REPORT_BLOCKS_MAX) {
      return false;
    }
    put32(out, at, ssrc);
    out[at + 4] = (byte) fractionLost;
    put24(out, at + 5, cumulativeLost);
    put32(out, at + 8, highestSequence);
    put32(out, at + 12, jitter);
    put32(out, at + 16, lastReport);
    put32(out, at + 20, delay);
    at += REPORT_BLOCK_LENGTH;
    out[report]++;
    put16(out, report + 2, u16(out, report + 2) + REPORT_BLOCK_LENGTH / 4);
    return true;
  }

  /// A source description with a CNAME of at most 255 octets (RFC 3550 §6.5.1).
  public boolean cname(int ssrc, byte[] name) {
    if (name.length > CNAME_LENGTH_MAX) {
      throw new IllegalArgumentException("CNAME of " + name.length);
    }
    var length = (8 + 2 + name.length + 1 + 3) & ~3;
    if (!open(RtcpType.SOURCE_DESCRIPTION, 1, length)) {
      return false;
    }
    put32(out, at + 4, ssrc);
    out[at + 8] = RtcpType.SDES_CNAME;
    out[at + 9] = (byte) name.length;
    System.arraycopy(name, 0, out, at + 10, name.length);
    for (var i = at + 10 + name.length; i < at + length; i++) {
      out[i] = 0;
    }
    at += length;
    return true;
  }

  /// A goodbye of one source (RFC 3550 §6.6).
  public boolean bye(int ssrc) {
    if (!open(RtcpType.BYE, 1, 8)) {
      return false;
    }
    put32(out, at + 4, ssrc);
    at += 8;
    return true;
  }

  /// Asks for packets (RFC 4585 §6.2.1). Returns how many of the numbers are in the packet: all, or
  /// as many as fitted.
  ///
  /// @param sequenceNumbers 16 bits each, ascending from `from`
  public int nack(int sender, int media, int[] sequenceNumbers, int from, int count) {
    if (count == 0
        || !open(RtcpType.TRANSPORT_FEEDBACK, RtcpType.FORMAT_NACK, FEEDBACK_LENGTH + 4)) {
      return 0;
    }
    var packet = at;
    feedbackHeader(sender, media);
    var i = 0;
    while (i < count && limit - at >= 4) {
      var first = sequenceNumbers[from + i++];
      var mask = 0;
      while (i < count) {
        var distance = (sequenceNumbers[from + i] - first & 0xffff) - 1;
        if (distance < 0 || distance > 15) {
          break;
        }
        mask |= 1 << distance;
        i++;
      }
      put16(out, at, first);
      put16(out, at + 2, mask);
      at += 4;
    }
    put16(out, packet + 2, (at - packet) / 4 - 1);
    return i;
  }

  /// Asks for a key frame (RFC 4585 §6.3.1).
  public boolean pictureLoss(int sender, int media) {
    if (!open(RtcpType.PAYLOAD_FEEDBACK, RtcpType.FORMAT_PLI, FEEDBACK_LENGTH)) {
      return false;
    }
    feedbackHeader(sender, media);
    return true;
  }

  /// Commands a key frame (RFC 5104 §4.3.1).
  public boolean fullIntraRequest(int sender, int media, int commandSequence) {
    if (!open(RtcpType.PAYLOAD_FEEDBACK, RtcpType.FORMAT_FIR, FEEDBACK_LENGTH + 8)) {
      return false;
    }
    feedbackHeader(sender, 0);
    put32(out, at, media);
    put32(out, at + 4, commandSequence << 24);
    at += 8;
    return true;
  }

  /// Tells the sender the most that it should send (draft-alvestrand-rmcat-remb-03), rounded down
  /// to 18 significant bits.
  public boolean receiverEstimatedBitrate(int sender, long bitrateBps, int[] ssrcs, int count) {
    var length = FEEDBACK_LENGTH + 8 + count * 4;
    if (count > REMB_STREAMS_MAX
        || !open(RtcpType.PAYLOAD_FEEDBACK, RtcpType.FORMAT_APPLICATION, length)) {
      return false;
    }
    feedbackHeader(sender, 0);
    var bitrate = Math.max(bitrateBps, 0);
    var exponent = Math.max(0, 64 - Long.numberOfLeadingZeros(bitrate) - 18);
    put32(out, at, RtcpType.REMB);
    out[at + 4] = (byte) count;
    put24(out, at + 5, exponent << 18 | (int) (bitrate >> exponent));
    at += 8;
    for (var i = 0; i < count; i++) {
      put32(out, at, ssrcs[i]);
      at += 4;
    }
    return true;
  }

  /// Transport-wide feedback; see [TransportFeedbackWriter#write] and its `consumed`.
  public boolean transportFeedback(
      TransportFeedbackWriter writer,
      int sender,
      int media,
      int feedbackCount,
      long baseSequence,
      long[] arrivals,
      int count) {
    var length =
        writer.write(
            out, at, limit, sender, media, feedbackCount, baseSequence, arrivals, 0, count);
    if (length < 0) {
      return false;
    }
    at += length;
    report = -1;
    return true;
  }

  /// Writes the common header if the packet fits.
  private boolean open(int type, int count, int length) {
    if (limit - at < length) {
      return false;
    }
    report = -1;
    out[at] = (byte) (0x80 | count);
    out[at + 1] = (byte) type;
    put16(out, at + 2, length / 4 - 1);
    return true;
  }

  private void feedbackHeader(int sender, int media) {
    put32(out, at + 4, sender);
    put32(out, at + 8, media);
    at += FEEDBACK_LENGTH;
  }
}
