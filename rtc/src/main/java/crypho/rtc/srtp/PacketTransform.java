package crypho.rtc.srtp;

import crypho.base.Secret;

/// The cipher and authentication of one direction, for RTP or for RTCP, below indices and replay:
/// stateless save for its reused cipher objects. Inputs are within their arrays, and `out` has
/// room; callers have checked both. One owner thread.
sealed interface PacketTransform permits GcmTransform, CmHmacTransform {

  /// Writes the header as it is, the payload encrypted, and the tag; returns the length.
  int protect(
      byte[] header,
      int headerOffset,
      int headerLength,
      byte[] payload,
      int payloadOffset,
      int payloadLength,
      int ssrc,
      long index,
      byte[] out,
      int outOffset);

  /// Writes header and payload; returns their length or [SrtpVerdict#UNAUTHENTIC]. `length`
  /// includes the tag.
  int unprotect(
      byte[] in,
      int offset,
      int headerLength,
      int length,
      int ssrc,
      long index,
      byte[] out,
      int outOffset);

  /// Encrypts a compound RTCP packet and appends tag and index, in the order of the profile.
  int protectRtcp(
      byte[] in, int offset, int length, int ssrc, int index, byte[] out, int outOffset);

  /// `index` has the E bit on top, as it came.
  int unprotectRtcp(
      byte[] in, int offset, int length, int ssrc, int index, byte[] out, int outOffset);

  /// Where the word with E bit and index starts in a protected RTCP packet.
  int rtcpIndexAt(int length);

  /// The transform for what `key` and `salt` protect; RTCP has keys of its own.
  static PacketTransform of(SrtpProfile profile, Secret key, Secret salt, boolean isRtcp) {
    var shift = isRtcp ? KeyDerivation.RTCP_ENCRYPTION : KeyDerivation.RTP_ENCRYPTION;
    try (var derivation = new KeyDerivation(key, salt)) {
      var sessionKey = derivation.derive(KeyDerivation.RTP_ENCRYPTION + shift, profile.keyBytes());
      var sessionSalt = derivation.derive(KeyDerivation.RTP_SALT + shift, profile.saltBytes());
      return switch (profile) {
        case AEAD_AES_128_GCM, AEAD_AES_256_GCM ->
            new GcmTransform(Gcm.of(sessionKey), sessionSalt);
        case AES128_CM_HMAC_SHA1_80 ->
            new CmHmacTransform(
                sessionKey,
                sessionSalt,
                derivation.derive(KeyDerivation.RTP_AUTH + shift, CmHmacTransform.AUTH_KEY_BYTES));
      };
    }
  }
}
