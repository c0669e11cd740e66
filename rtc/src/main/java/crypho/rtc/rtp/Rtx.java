package crypho.rtc.rtp;

import static crypho.rtc.rtp.Octets.put16;
import static crypho.rtc.rtp.Octets.put32;
import static crypho.rtc.rtp.Octets.u16;

/// Retransmission format (RFC 4588 §4): the original sequence number, then the original payload.
/// One RTX stream a stream (SSRC multiplexing, §5.3).
public final class Rtx {
  /// Octets in front of the payload.
  public static final int OSN_LENGTH = 2;

  /// [#decapsulate] found no original sequence number: padding sent as a bandwidth probe.
  public static final int EMPTY = -1;

  private Rtx() {}

  /// Writes the payload of an RTX packet and returns its length.
  public static int encapsulate(
      int originalSequenceNumber, byte[] payload, int offset, int length, byte[] out, int at) {
    put16(out, at, originalSequenceNumber);
    System.arraycopy(payload, offset, out, at + OSN_LENGTH, length);
    return OSN_LENGTH + length;
  }

  /// Turns a received RTX packet into the original one, in place: the header moves two octets
  /// towards the payload, so the packet then begins at `offset + OSN_LENGTH` and is shorter by that
  /// much. Returns the original sequence number or [#EMPTY]. Extensions stay as they are, so a
  /// repaired rid remains readable.
  ///
  /// @param header what was read from the RTX packet; to be read again after this
  public static int decapsulate(byte[] data, RtpHeader header, int payloadType, int ssrc) {
    if (header.payloadLength() < OSN_LENGTH) {
      return EMPTY;
    }
    var offset = header.offset();
    var original = u16(data, header.payloadOffset());
    System.arraycopy(data, offset, data, offset + OSN_LENGTH, header.headerLength());
    var moved = offset + OSN_LENGTH;
    data[moved + 1] = (byte) ((data[moved + 1] & 0x80) | payloadType);
    put16(data, moved + 2, original);
    put32(data, moved + 8, ssrc);
    return original;
  }
}
