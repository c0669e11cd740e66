package crypho.router;

import crypho.router.net.PacketPort;
import crypho.rtc.rtcp.TransportFeedback;
import crypho.rtc.rtcp.TransportFeedbackWriter;

/// Room to read and write one compound of RTCP in; one a loop, as it is larger than what a
/// transport has to remember.
final class FeedbackScratch {
  static final int COMPOUND_BYTES_MAX = 1_100;
  private static final int NACK_MAX = 128;

  final TransportFeedbackWriter arrivalsWriter = new TransportFeedbackWriter();
  final TransportFeedback arrivals = new TransportFeedback();
  final int[] missing = new int[NACK_MAX];
  final byte[] plain = new byte[PacketPort.PACKET_BYTES_MAX];
  final byte[] out = new byte[COMPOUND_BYTES_MAX];
}
