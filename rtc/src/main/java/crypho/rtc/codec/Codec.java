package crypho.rtc.codec;

/// What a payload type carries, as far as forwarding differs.
public enum Codec {
  /// RFC 7587; also RED with Opus in it (RFC 2198), which passes through.
  OPUS,
  /// RFC 7741.
  VP8,
  /// RFC 9628.
  VP9,
  /// RFC 6184.
  H264,
  /// AV1 RTP specification.
  AV1,
  /// Any video of which only a dependency descriptor or the sender's signalling tells more.
  OPAQUE_VIDEO
}
