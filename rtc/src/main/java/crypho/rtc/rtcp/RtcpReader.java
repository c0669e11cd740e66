package crypho.rtc.rtcp;

import static crypho.rtc.rtp.Octets.i32;
import static crypho.rtc.rtp.Octets.i64;
import static crypho.rtc.rtp.Octets.u16;
import static crypho.rtc.rtp.Octets.u24;
import static crypho.rtc.rtp.Octets.u8;

import org.jspecify.annotations.Nullable;

/// Reads compound RTCP (RFC 3550 §6.1 and appendix A.2) and reduced-size RTCP (RFC 5506): walks the
/// whole compound before it delivers anything, so that a broken one has no effect. Within a sound
/// compound it skips and counts what it does not know (XR, application-defined, private feedback)
/// and what contradicts itself or our streams. One reader a transport; one owner thread.
///
/// Out of scope: XR contents (RFC 3611), slice loss, TMMBR.
public final class RtcpReader {
  /// The datagram ends inside a packet, or a length field points beyond it.
  public static final int BAD_LENGTH = -1;

  /// The version of a packet is not 2.
  public static final int BAD_VERSION = -2;

  /// Padding on another packet than the last, or more than that packet has.
  public static final int BAD_PADDING = -3;

  /// More packets in one compound than [#PACKETS_MAX].
  public static final int TOO_MANY = -4;

  /// Packets in one compound; a report of 31 blocks and feedback for 31 streams fit.
  public static final int PACKETS_MAX = 64;

  private static final int HEADER_LENGTH = 4;
  private static final int REPORT_BLOCK_LENGTH = 24;
  private static final int FEEDBACK_HEADER_LENGTH = 12;

  /// Made when the first comes: it is large, and most transports only send or get none.
  private @Nullable TransportFeedback feedback;

  private long malformed;
  private long unknown;
  private long contradictory;

  /// Delivers one decrypted datagram. Returns the number of packets in it or a verdict.
  public int read(byte[] data, int offset, int length, RtcpVisitor visitor) {
    var packets = validate(data, offset, length);
    if (packets < 0) {
      malformed++;
      return packets;
    }
    var at = offset;
    for (var i = 0; i < packets; i++) {
      var size = (u16(data, at + 2) + 1) * 4;
      var padding = (data[at] & 0x20) == 0 ? 0 : u8(data, at + size - 1);
      packet(data, at, at + size - padding, visitor);
      at += size;
    }
    return packets;
  }

  private static int validate(byte[] data, int offset, int length) {
    var end = offset + length;
    var at = offset;
    var packets = 0;
    while (at < end) {
      if (end - at < HEADER_LENGTH) {
        return BAD_LENGTH;
      }
      if ((data[at] & 0xc0) != 0x80) {
        return BAD_VERSION;
      }
      var size = (u16(data, at + 2) + 1) * 4;
      if (size > end - at) {
        return BAD_LENGTH;
      }
      if ((data[at] & 0x20) != 0) {
        var padding = u8(data, at + size - 1);
        if (at + size != end || padding == 0 || padding > size - HEADER_LENGTH) {
          return BAD_PADDING;
        }
      }
      if (++packets > PACKETS_MAX) {
        return TOO_MANY;
      }
      at += size;
    }
    return packets == 0 ? BAD_LENGTH : packets;
  }

  private void packet(byte[] data, int at, int end, RtcpVisitor visitor) {
    var count = data[at] & 0x1f;
    switch (u8(data, at + 1)) {
      case RtcpType.SENDER_REPORT -> senderReport(data, at, end, count, visitor);
      case RtcpType.RECEIVER_REPORT -> reportBlocks(data, at + 8, end, count, visitor);
      case RtcpType.SOURCE_DESCRIPTION -> sourceDescription(data, at + 4, end, count, visitor);
      case RtcpType.BYE -> bye(data, at + 4, end, count, visitor);
      case RtcpType.TRANSPORT_FEEDBACK -> transportLayer(data, at, end, count, visitor);
      case RtcpType.PAYLOAD_FEEDBACK -> payloadSpecific(data, at, end, count, visitor);
      default -> unknown++;
    }
  }

  private void senderReport(byte[] data, int at, int end, int count, RtcpVisitor visitor) {
    if (end - at < 28 + count * REPORT_BLOCK_LENGTH) {
      contradictory++;
      return;
    }
    visitor.senderReport(
        i32(data, at + 4),
        i64(data, at + 8),
        i32(data, at + 16),
        i32(data, at + 20),
        i32(data, at + 24));
    reportBlocks(data, at + 28, end, count, visitor);
  }

  private void reportBlocks(byte[] data, int start, int end, int count, RtcpVisitor visitor) {
    if (end - start < count * REPORT_BLOCK_LENGTH) {
      contradictory++;
      return;
    }
    var at = start;
    for (var i = 0; i < count; i++) {
      var ssrc = i32(data, at);
      if (visitor.isSent(ssrc)) {
        visitor.reportBlock(
            ssrc,
            u8(data, at + 4),
            u24(data, at + 5) << 8 >> 8,
            i32(data, at + 8),
            i32(data, at + 12),
            i32(data, at + 16),
            i32(data, at + 20));
      } else {
        contradictory++;
      }
      at += REPORT_BLOCK_LENGTH;
    }
  }

  private void sourceDescription(byte[] data, int start, int end, int chunks, RtcpVisitor visitor) {
    var at = start;
    for (var i = 0; i < chunks; i++) {
      if (end - at < 8) {
        contradictory++;
        return;
      }
      at = sourceChunk(data, at, end, visitor);
      if (at < 0) {
        contradictory++;
        return;
      }
    }
  }

  /// Delivers one chunk and returns where the next begins, or -1.
  private static int sourceChunk(byte[] data, int start, int end, RtcpVisitor visitor) {
    var at = start + 4;
    var name = -1;
    while (at < end && data[at] != 0) {
      if (end - at < 2 || end - at - 2 < u8(data, at + 1)) {
        return -1;
      }
      if (data[at] == RtcpType.SDES_CNAME) {
        name = at + 2;
      }
      at += 2 + u8(data, at + 1);
    }
    if (at >= end) {
      return -1;
    }
    if (name >= 0) {
      visitor.cname(i32(data, start), data, name, u8(data, name - 1));
    }
    return start + (at - start & ~3) + 4;
  }

  private void bye(byte[] data, int start, int end, int count, RtcpVisitor visitor) {
    if (end - start < count * 4) {
      contradictory++;
      return;
    }
    for (var i = 0; i < count; i++) {
      visitor.bye(i32(data, start + i * 4));
    }
  }

  private void transportLayer(byte[] data, int at, int end, int format, RtcpVisitor visitor) {
    switch (format) {
      case RtcpType.FORMAT_NACK -> nack(data, at, end, visitor);
      case RtcpType.FORMAT_TRANSPORT_WIDE -> {
        var arrivals = feedback == null ? new TransportFeedback() : feedback;
        feedback = arrivals;
        if (arrivals.read(data, at, end - at)) {
          visitor.transportFeedback(arrivals);
        } else {
          contradictory++;
        }
      }
      default -> unknown++;
    }
  }

  private void nack(byte[] data, int at, int end, RtcpVisitor visitor) {
    if (end - at <= FEEDBACK_HEADER_LENGTH || !visitor.isSent(i32(data, at + 8))) {
      contradictory++;
      return;
    }
    var ssrc = i32(data, at + 8);
    for (var item = at + FEEDBACK_HEADER_LENGTH; item + 4 <= end; item += 4) {
      var sequence = u16(data, item);
      visitor.nack(ssrc, sequence);
      for (var mask = u16(data, item + 2); mask != 0; mask &= mask - 1) {
        visitor.nack(ssrc, (sequence + 1 + Integer.numberOfTrailingZeros(mask)) & 0xffff);
      }
    }
  }

  private void payloadSpecific(byte[] data, int at, int end, int format, RtcpVisitor visitor) {
    if (end - at < FEEDBACK_HEADER_LENGTH) {
      contradictory++;
      return;
    }
    switch (format) {
      case RtcpType.FORMAT_PLI -> {
        if (visitor.isSent(i32(data, at + 8))) {
          visitor.pictureLoss(i32(data, at + 8));
        } else {
          contradictory++;
        }
      }
      case RtcpType.FORMAT_FIR -> fullIntraRequest(data, at, end, visitor);
      case RtcpType.FORMAT_APPLICATION -> application(data, at, end, visitor);
      default -> unknown++;
    }
  }

  private void fullIntraRequest(byte[] data, int at, int end, RtcpVisitor visitor) {
    if (end - at < FEEDBACK_HEADER_LENGTH + 8) {
      contradictory++;
      return;
    }
    for (var item = at + FEEDBACK_HEADER_LENGTH; item + 8 <= end; item += 8) {
      if (visitor.isSent(i32(data, item))) {
        visitor.fullIntraRequest(i32(data, item), u8(data, item + 4));
      } else {
        contradictory++;
      }
    }
  }

  /// REMB: mantissa of 18 bits, exponent of 6, and the streams that it is about.
  private void application(byte[] data, int at, int end, RtcpVisitor visitor) {
    var item = at + FEEDBACK_HEADER_LENGTH;
    if (end - item < 8 || i32(data, item) != RtcpType.REMB) {
      unknown++;
      return;
    }
    var exponent = u8(data, item + 5) >> 2;
    long mantissa = u24(data, item + 5) & 0x3_ffff;
    var fits = exponent <= Long.numberOfLeadingZeros(mantissa) - 1 || mantissa == 0;
    if (end - item - 8 < u8(data, item + 4) * 4 || !fits) {
      contradictory++;
      return;
    }
    visitor.receiverEstimatedBitrate(mantissa == 0 ? 0 : mantissa << exponent);
  }

  /// Datagrams that broke the rules of compound packets.
  public long malformed() {
    return malformed;
  }

  /// Packets of types that are not read.
  public long unknown() {
    return unknown;
  }

  /// Packets, blocks or items that contradict themselves or name streams that we do not send.
  public long contradictory() {
    return contradictory;
  }
}
