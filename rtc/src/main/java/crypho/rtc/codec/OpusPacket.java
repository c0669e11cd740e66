package crypho.rtc.codec;

/// What the router sees of Opus (RFC 6716 §3.1, RFC 7587 §3.1.3): whether a packet only marks
/// silence.
public final class OpusPacket {
  /// A frame of at most one octet besides the table of contents is discontinuous transmission.
  private static final int SILENCE_LENGTH_MAX = 2;

  private OpusPacket() {}

  /// Whether the payload is empty of sound: the encoder is in discontinuous transmission.
  public static boolean isSilence(int payloadLength) {
    return payloadLength <= SILENCE_LENGTH_MAX;
  }
}
