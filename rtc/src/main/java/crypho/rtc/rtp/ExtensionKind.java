package crypho.rtc.rtp;

import org.jspecify.annotations.Nullable;

/// A header extension that the router knows, with the URI that names it in signalling (RFC 8285 §5)
/// and what becomes of it on the way to a subscriber.
public enum ExtensionKind {
  /// RFC 8843 §15: which m-section; each subscriber has its own.
  MID("urn:ietf:params:rtp-hdrext:sdes:mid", Fate.OURS),
  /// RFC 8852: which simulcast layer; of no meaning behind the router.
  RID("urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", Fate.DROPPED),
  /// RFC 8852: which layer a retransmission repairs.
  REPAIRED_RID("urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", Fate.DROPPED),
  /// draft-holmer-rmcat-transport-wide-cc-extensions-01: 2 octets; version 02 may append 2 more.
  TRANSPORT_WIDE_CC(
      "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", Fate.OURS),
  /// 24 bits of seconds, 6.18 fixed point, of the moment of sending.
  ABS_SEND_TIME("http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", Fate.OURS),
  /// RFC 6464: voice activity and level in -dBov.
  AUDIO_LEVEL("urn:ietf:params:rtp-hdrext:ssrc-audio-level", Fate.COPIED),
  /// 3GPP TS 26.114 §7.4.5.
  VIDEO_ORIENTATION("urn:3gpp:video-orientation", Fate.COPIED),
  /// Smallest and largest wait before showing, 12 bits each, in 10 ms.
  PLAYOUT_DELAY("http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", Fate.COPIED),
  /// AV1 RTP specification, appendix A.
  DEPENDENCY_DESCRIPTOR(
      "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
      Fate.COPIED),
  /// Colour space and HDR metadata.
  COLOR_SPACE("http://www.webrtc.org/experiments/rtp-hdrext/color-space", Fate.COPIED),
  /// When the frame was captured, in the capturer's clock.
  ABS_CAPTURE_TIME("http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time", Fate.COPIED);

  /// The second version of transport-wide-cc, whose first two octets are the same.
  public static final String TRANSPORT_WIDE_CC_02_URI =
      "http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02";

  /// What the router does with an extension that it received.
  public enum Fate {
    /// It is copied where the subscriber has negotiated it.
    COPIED,
    /// It is replaced by the value for this subscriber, and added where it was missing.
    OURS,
    /// It does not leave the router.
    DROPPED
  }

  private final String uri;
  private final Fate fate;

  ExtensionKind(String uri, Fate fate) {
    this.uri = uri;
    this.fate = fate;
  }

  public String uri() {
    return uri;
  }

  public Fate fate() {
    return fate;
  }

  /// The kind that signalling names, or null for one that we do not know.
  public static @Nullable ExtensionKind ofUri(String uri) {
    for (var kind : values()) {
      if (kind.uri.equals(uri)) {
        return kind;
      }
    }
    return TRANSPORT_WIDE_CC_02_URI.equals(uri) ? TRANSPORT_WIDE_CC : null;
  }
}
