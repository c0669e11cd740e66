package crypho.rtc.srtp;

/// Protects what one transport sends (RFC 3711, RFC 7714). One owner thread.
///
/// No two packets are ever encrypted under one SSRC and index: GCM would give away the
/// authentication key, counter mode the xor of both payloads. Each SSRC has a replay window of what
/// was sent; an index used before is [SrtpVerdict#REPLAYED], one before the window
/// [SrtpVerdict#TOO_OLD]. A retransmission is therefore a packet of an RTX stream (RFC 4588) with
/// an SSRC and sequence numbers of its own, or the same protected bytes again.
///
/// Windows are never forgotten; there are at most [#SSRCS_MAX]. `in` and `out` must not overlap.
/// Out of scope: MKI, header encryption (RFC 6904, 9335), key derivation rates, unencrypted SRTCP.
public final class SrtpSender {
  /// How many streams a transport may send in its life: of about 300 bytes each.
  public static final int SSRCS_MAX = 8_192;

  private static final long INDEX_MAX = (1L << 48) - 1;
  private static final int RTCP_INDEX_BYTES = 4;

  private final SrtpProfile profile;
  private final PacketTransform rtp;
  private final PacketTransform rtcp;
  private final StreamTable streams = new StreamTable(SSRCS_MAX);
  private int rtcpIndex;

  public SrtpSender(SrtpKeys keys) {
    this(
        keys.profile(),
        PacketTransform.of(keys.profile(), keys.sendKey(), keys.sendSalt(), false),
        PacketTransform.of(keys.profile(), keys.sendKey(), keys.sendSalt(), true),
        1);
  }

  SrtpSender(SrtpProfile profile, PacketTransform rtp, PacketTransform rtcp, int firstRtcpIndex) {
    this.profile = profile;
    this.rtp = rtp;
    this.rtcp = rtcp;
    this.rtcpIndex = firstRtcpIndex;
  }

  /// Protects one RTP packet, finding its index from its sequence number as its receiver will (RFC
  /// 3711 §3.3.1): the first packet of an SSRC has rollover zero.
  ///
  /// @return the length written to `out`, which is [SrtpProfile#tagBytes] longer, or a verdict
  public int protect(byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    var header = RtpHeader.length(in, inOffset, length);
    if (header < 0) {
      return header;
    }
    var sequenceNumber = RtpHeader.sequenceNumber(in, inOffset);
    var window = streams.find(RtpHeader.ssrc(in, inOffset));
    return protect(
        in,
        inOffset,
        header,
        in,
        inOffset + header,
        length - header,
        window == null ? sequenceNumber : window.estimate(sequenceNumber),
        out,
        outOffset);
  }

  /// Protects one RTP packet whose header (with CSRCs and extensions, and nothing after) was
  /// rewritten for this receiver and whose payload is shared.
  ///
  /// @param packetIndex rollover in the upper 32 bits of 48, sequence number in the lower 16, which
  ///   must be the header's. A receiver starts with rollover zero, so the first index of an SSRC is
  ///   below 65,536.
  /// @return the length written to `out`, or a verdict
  public int protect(
      byte[] header,
      int headerOffset,
      int headerLength,
      byte[] payload,
      int payloadOffset,
      int payloadLength,
      long packetIndex,
      byte[] out,
      int outOffset) {
    if (headerLength < RtpHeader.FIXED_BYTES
        || !RtpHeader.isVersion2(header, headerOffset)
        || payloadLength < 0
        || ((int) packetIndex & 0xffff) != RtpHeader.sequenceNumber(header, headerOffset)) {
      return SrtpVerdict.MALFORMED;
    }
    if (headerLength + payloadLength + profile.tagBytes() > out.length - outOffset) {
      return SrtpVerdict.NO_ROOM;
    }
    var ssrc = RtpHeader.ssrc(header, headerOffset);
    var verdict = take(ssrc, packetIndex);
    return verdict < 0
        ? verdict
        : rtp.protect(
            header,
            headerOffset,
            headerLength,
            payload,
            payloadOffset,
            payloadLength,
            ssrc,
            packetIndex,
            out,
            outOffset);
  }

  /// Uses up an index, before the cipher sees it.
  private int take(int ssrc, long index) {
    if (index > INDEX_MAX) {
      return SrtpVerdict.KEY_EXHAUSTED;
    }
    if (index < 0) {
      return SrtpVerdict.TOO_OLD;
    }
    var window = streams.find(ssrc);
    if (window != null) {
      var verdict = window.check(index);
      if (verdict == 0) {
        window.mark(index);
      }
      return verdict;
    }
    if (streams.isFull()) {
      return SrtpVerdict.TOO_MANY_SSRCS;
    }
    streams.add(ssrc, new ReplayWindow(index));
    return 0;
  }

  /// Protects one compound RTCP packet. All SSRCs of the transport draw from one counter: an index
  /// is then never used twice, and to each receiver's window it looks like loss.
  ///
  /// @return the length written to `out`, which is [SrtpProfile#tagBytes] and four longer, or a
  ///   verdict
  public int protectRtcp(byte[] in, int inOffset, int length, byte[] out, int outOffset) {
    if (length < RtpHeader.RTCP_BYTES || !RtpHeader.isVersion2(in, inOffset)) {
      return SrtpVerdict.MALFORMED;
    }
    if (length + profile.tagBytes() + RTCP_INDEX_BYTES > out.length - outOffset) {
      return SrtpVerdict.NO_ROOM;
    }
    if (rtcpIndex < 0) {
      return SrtpVerdict.KEY_EXHAUSTED;
    }
    var ssrc = RtpHeader.rtcpSsrc(in, inOffset);
    return rtcp.protectRtcp(in, inOffset, length, ssrc, rtcpIndex++, out, outOffset);
  }
}
