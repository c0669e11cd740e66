package crypho.rtc.srtp;

import org.jspecify.annotations.Nullable;

/// Checks and decrypts what one transport receives (RFC 3711 §3.3, RFC 7714). One owner thread.
///
/// | packet | before the cipher | after it |
/// |---|---|---|
/// | of a known SSRC | index estimated, window asked | window and rollover moved on |
/// | of a new SSRC | refused where there are [#SSRCS_MAX] | window made, rollover zero |
/// | that does not authenticate | | nothing changes but a counter |
///
/// `in` and `out` must be different arrays. RTP and RTCP share `in` with others: the caller tells
/// them apart (RFC 7983, RFC 5761).
public final class SrtpReceiver {
  /// How many SSRCs a peer may use, for RTP and for RTCP each, in the life of a transport.
  public static final int SSRCS_MAX = 512;

  private static final int RTCP_INDEX_BYTES = 4;

  private final SrtpProfile profile;
  private final PacketTransform rtp;
  private final PacketTransform rtcp;
  private final StreamTable rtpStreams = new StreamTable(SSRCS_MAX);
  private final StreamTable rtcpStreams = new StreamTable(SSRCS_MAX);
  private final long[] refusals = new long[SrtpVerdict.COUNT];

  public SrtpReceiver(SrtpKeys keys) {
    this(
        keys.profile(),
        PacketTransform.of(keys.profile(), keys.receiveKey(), keys.receiveSalt(), false),
        PacketTransform.of(keys.profile(), keys.receiveKey(), keys.receiveSalt(), true));
  }

  SrtpReceiver(SrtpProfile profile, PacketTransform rtp, PacketTransform rtcp) {
    this.profile = profile;
    this.rtp = rtp;
    this.rtcp = rtcp;
  }

  /// How many packets met a verdict of [SrtpVerdict].
  public long refusals(int verdict) {
    return refusals[-verdict];
  }

  /// How many SSRCs have sent authentic RTP.
  public int rtpSsrcs() {
    return rtpStreams.size();
  }

  /// Unprotects one RTP packet.
  ///
  /// @return the length of the plain packet in `out`, or a verdict
  public int unprotect(byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    var plain = length - profile.tagBytes();
    var header = RtpHeader.length(in, inOffset, plain);
    if (header < 0) {
      return refuse(header);
    }
    if (plain > out.length - outOffset) {
      return refuse(SrtpVerdict.NO_ROOM);
    }
    var ssrc = RtpHeader.ssrc(in, inOffset);
    var window = rtpStreams.find(ssrc);
    long index = RtpHeader.sequenceNumber(in, inOffset);
    var verdict = 0;
    if (window != null) {
      index = window.estimate((int) index);
      verdict = window.check(index);
    } else if (rtpStreams.isFull()) {
      verdict = SrtpVerdict.TOO_MANY_SSRCS;
    }
    if (verdict == 0) {
      verdict = rtp.unprotect(in, inOffset, header, length, ssrc, index, out, outOffset);
    }
    return settle(verdict, rtpStreams, window, ssrc, index);
  }

  /// Unprotects one compound RTCP packet.
  ///
  /// @return the length of the plain packet in `out`, or a verdict
  public int unprotectRtcp(byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    var plain = length - profile.tagBytes() - RTCP_INDEX_BYTES;
    if (plain < RtpHeader.RTCP_BYTES || !RtpHeader.isVersion2(in, inOffset)) {
      return refuse(SrtpVerdict.MALFORMED);
    }
    if (plain > out.length - outOffset) {
      return refuse(SrtpVerdict.NO_ROOM);
    }
    var word = BigEndian.getInt(in, inOffset + rtcp.rtcpIndexAt(length));
    var index = word & 0x7fffffffL;
    var ssrc = RtpHeader.rtcpSsrc(in, inOffset);
    var window = rtcpStreams.find(ssrc);
    var verdict = 0;
    if (window != null) {
      verdict = window.check(index);
    } else if (rtcpStreams.isFull()) {
      verdict = SrtpVerdict.TOO_MANY_SSRCS;
    }
    if (verdict == 0) {
      verdict = rtcp.unprotectRtcp(in, inOffset, length, ssrc, word, out, outOffset);
    }
    return settle(verdict, rtcpStreams, window, ssrc, index);
  }

  private int settle(
      int verdict, StreamTable streams, @Nullable ReplayWindow window, int ssrc, long index) {
    if (verdict < 0) {
      return refuse(verdict);
    }
    if (window != null) {
      window.mark(index);
    } else {
      streams.add(ssrc, new ReplayWindow(index));
    }
    return verdict;
  }

  private int refuse(int verdict) {
    refusals[-verdict]++;
    return verdict;
  }
}
