package crypho.rtc.rtp;

/// What one consumer's packets say in their headers: the fixed part from signalling, and the fields
/// that the caller sets before each [HeaderRewriter#write]. One owner thread.
public final class OutgoingHeader {
  /// RFC 8843 asks for short ones; one-byte extensions carry at most 16 octets.
  public static final int MID_LENGTH_MAX = 16;

  final int payloadType;
  final int ssrc;
  final byte[] mid;

  /// The sequence number to write (low 16 bits).
  public int sequenceNumber;

  /// The timestamp to write.
  public int timestamp;

  /// The marker bit to write: the last packet of a picture, also where higher layers were dropped.
  public boolean marker;

  /// Added to the frame number of a dependency descriptor (mod 2^16), so that it stays monotone
  /// over a change of simulcast layer.
  public int frameNumberDelta;

  /// For transport-wide congestion control, where it is negotiated (low 16 bits).
  public int transportSequenceNumber;

  /// For abs-send-time, where it is negotiated; see [#absSendTime(long)].
  public int absSendTime;

  /// @param payloadType 0 to 127
  /// @param mid ASCII, at most [#MID_LENGTH_MAX] octets; none when empty
  public OutgoingHeader(int payloadType, int ssrc, byte[] mid) {
    if (payloadType < 0 || payloadType > 127 || mid.length > MID_LENGTH_MAX) {
      throw new IllegalArgumentException("payload type " + payloadType + ", mid " + mid.length);
    }
    this.payloadType = payloadType;
    this.ssrc = ssrc;
    this.mid = mid.clone();
  }

  /// The 6.18 fixed point seconds of a monotonic clock, modulo 64 s.
  public static int absSendTime(long nowNanos) {
    var seconds = Math.floorMod(nowNanos, 64_000_000_000L);
    return (int) ((seconds << 18) / 1_000_000_000L) & 0xff_ffff;
  }
}
