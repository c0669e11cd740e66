package crypho.router;

import crypho.router.net.PacketPort;
import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.HeaderRewriter;
import crypho.rtc.rtp.RtpHeader;
import crypho.rtc.rtp.RtpPacket;
import org.jspecify.annotations.Nullable;

/// Room to build one retransmission in; one a loop.
final class ResendScratch {
  final RtpHeader header = new RtpHeader();
  final byte[] head = new byte[HeaderRewriter.HEADER_LENGTH_MAX];
  final byte[] payload = new byte[PacketPort.PACKET_BYTES_MAX];

  /// As much padding as a packet can say (RFC 3550 §5.1).
  static final byte[] PADDING = new byte[255];

  /// A packet of which only the version is of use: from it headers of padding are made.
  private static final byte[] BLANK = new byte[RtpPacket.FIXED_HEADER_LENGTH];

  static {
    PADDING[PADDING.length - 1] = (byte) PADDING.length;
    BLANK[0] = (byte) 0x80;
  }

  private @Nullable HeaderRewriter blank;
  private ExtensionIds blankTo = ExtensionIds.none();
  private @Nullable HeaderRewriter rewriter;
  private ExtensionIds from = ExtensionIds.none();
  private ExtensionIds to = ExtensionIds.none();

  /// The last one used is kept: retransmissions come in runs.
  HeaderRewriter rewriter(ExtensionIds from, ExtensionIds to) {
    var kept = rewriter;
    if (kept == null || !this.from.equals(from) || !this.to.equals(to)) {
      kept = new HeaderRewriter(from, to, RewriteGroup.IS_MIXED_ALLOWED);
      rewriter = kept;
      this.from = from;
      this.to = to;
    }
    return kept;
  }

  /// Writes headers of packets that are only padding; the last one used is kept.
  HeaderRewriter padding(ExtensionIds to) {
    var kept = blank;
    if (kept == null || !blankTo.equals(to)) {
      kept = new HeaderRewriter(ExtensionIds.none(), to, false);
      header.read(BLANK, 0, BLANK.length);
      kept.prepare(header, BLANK);
      blank = kept;
      blankTo = to;
    }
    return kept;
  }
}
