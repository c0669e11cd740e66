package crypho.router;

import crypho.rtc.codec.FrameInfo;
import crypho.rtc.rtp.RtpHeader;

/// One packet that was received and decrypted and waits for the end of the read batch to be
/// forwarded. Reused; the data lies in its stream's ring, where it stays intact for that long.
final class Incoming {
  final RtpHeader header = new RtpHeader();
  final FrameInfo frame = new FrameInfo();
  byte[] data = new byte[0];

  /// Octets, header included; it begins at the header's offset.
  int length;

  /// The index of the stream among its producer's.
  int source;

  long sequence;
}
