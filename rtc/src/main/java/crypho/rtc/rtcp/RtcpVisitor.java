package crypho.rtc.rtcp;

/// What one transport wants to know from the RTCP that it receives. Arrays are valid during the
/// call only. Methods that are not overridden ignore their matter.
public interface RtcpVisitor {
  /// Whether we send a stream of this SSRC to the peer: reports and feedback about any other are
  /// contradictory and not delivered.
  boolean isSent(int ssrc);

  /// RFC 3550 §6.4.1.
  ///
  /// @param ntp 32.32 fixed point seconds since 1900, see [NtpTime]
  /// @param packets sent since the beginning, unsigned
  /// @param octets of payload sent since the beginning, unsigned
  default void senderReport(int ssrc, long ntp, int rtpTimestamp, int packets, int octets) {}

  /// One block about a stream of ours (RFC 3550 §6.4.1).
  ///
  /// @param ssrc ours
  /// @param fractionLost of 256 since the last report
  /// @param cumulativeLost signed 24 bits
  /// @param highestSequence extended, 32 bits
  /// @param jitter in units of the stream's clock
  /// @param lastReport middle 32 bits of the NTP time of our last sender report, or 0
  /// @param delay since then, in 1/65536 s
  default void reportBlock(
      int ssrc,
      int fractionLost,
      int cumulativeLost,
      int highestSequence,
      int jitter,
      int lastReport,
      int delay) {}

  /// The CNAME of a source (RFC 3550 §6.5.1).
  default void cname(int ssrc, byte[] data, int offset, int length) {}

  /// A source has left (RFC 3550 §6.6).
  default void bye(int ssrc) {}

  /// One packet of a stream of ours is missing at the peer (RFC 4585 §6.2.1); called once a number.
  default void nack(int ssrc, int sequenceNumber) {}

  /// The peer needs a key frame of a stream of ours (RFC 4585 §6.3.1).
  default void pictureLoss(int ssrc) {}

  /// The same as a command that is numbered (RFC 5104 §4.3.1), 0 to 255.
  default void fullIntraRequest(int ssrc, int commandSequence) {}

  /// The peer's estimate of what it can receive over this transport.
  default void receiverEstimatedBitrate(long bitrateBps) {}

  /// Arrivals of packets by transport-wide sequence number; valid during the call.
  default void transportFeedback(TransportFeedback feedback) {}
}
