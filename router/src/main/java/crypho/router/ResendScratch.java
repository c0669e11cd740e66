package crypho.router;

import crypho.router.net.PacketPort;
import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.HeaderRewriter;
import crypho.rtc.rtp.RtpHeader;
import org.jspecify.annotations.Nullable;

/// Room to build one retransmission in; one a loop.
final class ResendScratch {
  final RtpHeader header = new RtpHeader();
  final byte[] head = new byte[HeaderRewriter.HEADER_LENGTH_MAX];
  final byte[] payload = new byte[PacketPort.PACKET_BYTES_MAX];
  private @Nullable HeaderRewriter rewriter;
  private ExtensionIds from = ExtensionIds.none();
  private ExtensionIds to = ExtensionIds.none();

  /// The last one used is kept: retransmissions come in runs.
  HeaderRewriter rewriter(ExtensionIds from, ExtensionIds to) {
    var kept = rewriter;
    if (kept == null || !this.from.equals(from) || !this.to.equals(to)) {
      kept = new HeaderRewriter(from, to, false);
      rewriter = kept;
      this.from = from;
      this.to = to;
    }
    return kept;
  }
}
