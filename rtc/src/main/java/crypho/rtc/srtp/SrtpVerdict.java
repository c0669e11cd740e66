package crypho.rtc.srtp;

/// Why a packet was not protected or unprotected: negative, so that a length can share the `int`.
/// After one of these the output array holds nothing of meaning.
public final class SrtpVerdict {
  /// Not RTP or RTCP of version 2, or shorter than its own header says.
  public static final int MALFORMED = -1;

  /// The tag does not fit: not written by the holder of the key, or changed under way.
  public static final int UNAUTHENTIC = -2;

  /// Receiving: this packet came before. Sending: this index was used before, and using it again
  /// would give away the key stream.
  public static final int REPLAYED = -3;

  /// The packet lies before the replay window, so that nobody knows whether it came before.
  public static final int TOO_OLD = -4;

  /// The transport has as many SSRCs as it may have.
  public static final int TOO_MANY_SSRCS = -5;

  /// All indices of the key are used up (RFC 3711 §9.2); the transport needs a new handshake.
  public static final int KEY_EXHAUSTED = -6;

  /// The output array is too short.
  public static final int NO_ROOM = -7;

  static final int COUNT = 8;

  private SrtpVerdict() {}
}
