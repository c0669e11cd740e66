package crypho.rtc.ice;

/// Where engines put packets to be sent.
@FunctionalInterface
public interface PacketSink {
  /// Sends one packet; the bytes are valid during the call only. On TCP the driver adds framing.
  void transmit(FiveTuple path, byte[] data, int offset, int length);
}
