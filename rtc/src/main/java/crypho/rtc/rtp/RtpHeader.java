package crypho.rtc.rtp;

import static crypho.rtc.rtp.Octets.u16;
import static crypho.rtc.rtp.Octets.u8;

/// One packet's header, read once and then asked by every consumer: fixed fields, where the payload
/// is, and the elements of the header extension (RFC 8285, one- and two-byte form). Reused from
/// packet to packet; all offsets are into the array that [#read] was given. One owner thread.
public final class RtpHeader {
  /// [#read] succeeded.
  public static final int OK = 0;

  /// The packet ends inside its header.
  public static final int TOO_SHORT = -1;

  /// The version is not 2.
  public static final int BAD_VERSION = -2;

  /// The padding count is zero or exceeds the payload.
  public static final int BAD_PADDING = -3;

  /// An extension element runs over the end of the extension.
  public static final int BAD_EXTENSION = -4;

  /// More elements than [#ELEMENTS_MAX].
  public static final int TOO_MANY_EXTENSIONS = -5;

  /// Elements in one packet; browsers send about eight.
  public static final int ELEMENTS_MAX = 32;

  private static final int PROFILE_ONE_BYTE = 0xbede;
  private static final int PROFILE_TWO_BYTE = 0x1000;
  private static final int ONE_BYTE_STOP = 15;

  private final int[] ids = new int[ELEMENTS_MAX];
  private final int[] offsets = new int[ELEMENTS_MAX];
  private final int[] lengths = new int[ELEMENTS_MAX];
  private int elements;
  private int offset;
  private int headerLength;
  private int payloadLength;
  private int paddingLength;
  private boolean marker;
  private int payloadType;
  private int sequenceNumber;
  private int timestamp;
  private int ssrc;
  private int csrcCount;

  /// Reads and validates. After a verdict other than [#OK] the other methods mean nothing.
  public int read(byte[] data, int offset, int length) {
    if (length < RtpPacket.FIXED_HEADER_LENGTH) {
      return TOO_SHORT;
    }
    var first = data[offset];
    if ((first & 0xc0) != 0x80) {
      return BAD_VERSION;
    }
    this.offset = offset;
    elements = 0;
    csrcCount = first & 0x0f;
    var header = RtpPacket.headerLength(data, offset, length);
    if (header < 0) {
      return header;
    }
    headerLength = header;
    paddingLength = (first & 0x20) == 0 ? 0 : length == header ? -1 : u8(data, offset + length - 1);
    payloadLength = length - header - paddingLength;
    if (paddingLength < 0 || payloadLength < 0 || ((first & 0x20) != 0 && paddingLength == 0)) {
      return BAD_PADDING;
    }
    marker = RtpPacket.marker(data, offset);
    payloadType = RtpPacket.payloadType(data, offset);
    sequenceNumber = RtpPacket.sequenceNumber(data, offset);
    timestamp = RtpPacket.timestamp(data, offset);
    ssrc = RtpPacket.ssrc(data, offset);
    return (first & 0x10) == 0 ? OK : readExtension(data);
  }

  private int readExtension(byte[] data) {
    var start = offset + RtpPacket.FIXED_HEADER_LENGTH + csrcCount * 4;
    var profile = u16(data, start);
    var end = offset + headerLength;
    if (profile == PROFILE_ONE_BYTE) {
      return readOneByte(data, start + 4, end);
    }
    if ((profile & 0xfff0) == PROFILE_TWO_BYTE) {
      return readTwoByte(data, start + 4, end);
    }
    return OK;
  }

  private int readOneByte(byte[] data, int start, int end) {
    var at = start;
    while (at < end) {
      var head = data[at] & 0xff;
      if (head == 0) {
        at++;
        continue;
      }
      var id = head >> 4;
      if (id == ONE_BYTE_STOP || id == 0) {
        return OK; // RFC 8285 §4.2: what follows is not to be considered
      }
      var size = (head & 0x0f) + 1;
      if (at + 1 + size > end) {
        return BAD_EXTENSION;
      }
      if (!add(id, at + 1, size)) {
        return TOO_MANY_EXTENSIONS;
      }
      at += 1 + size;
    }
    return OK;
  }

  private int readTwoByte(byte[] data, int start, int end) {
    var at = start;
    while (at < end) {
      var id = data[at] & 0xff;
      if (id == 0) {
        at++;
        continue;
      }
      if (at + 2 > end || at + 2 + u8(data, at + 1) > end) {
        return BAD_EXTENSION;
      }
      var size = u8(data, at + 1);
      if (!add(id, at + 2, size)) {
        return TOO_MANY_EXTENSIONS;
      }
      at += 2 + size;
    }
    return OK;
  }

  private boolean add(int id, int at, int size) {
    if (elements == ELEMENTS_MAX) {
      return false;
    }
    ids[elements] = id;
    offsets[elements] = at;
    lengths[elements] = size;
    elements++;
    return true;
  }

  /// The index of the first element with this identifier, or -1, also for [ExtensionIds#NONE].
  public int find(int id) {
    for (var i = 0; i < elements; i++) {
      if (ids[i] == id) {
        return i;
      }
    }
    return -1;
  }

  /// How many elements the extension has.
  public int elementCount() {
    return elements;
  }

  public int elementId(int index) {
    return ids[index];
  }

  /// Where the element's data begins in the array.
  public int elementOffset(int index) {
    return offsets[index];
  }

  /// Octets of the element's data, 0 to 255.
  public int elementLength(int index) {
    return lengths[index];
  }

  /// Where the packet begins in the array.
  public int offset() {
    return offset;
  }

  /// Octets up to the payload: fixed header, CSRC identifiers, extension.
  public int headerLength() {
    return headerLength;
  }

  /// Where the payload begins in the array.
  public int payloadOffset() {
    return offset + headerLength;
  }

  /// Octets of payload without padding.
  public int payloadLength() {
    return payloadLength;
  }

  /// Octets of padding with their count, 0 when there is none.
  public int paddingLength() {
    return paddingLength;
  }

  public boolean marker() {
    return marker;
  }

  /// 0 to 127.
  public int payloadType() {
    return payloadType;
  }

  /// 0 to 65,535.
  public int sequenceNumber() {
    return sequenceNumber;
  }

  public int timestamp() {
    return timestamp;
  }

  public int ssrc() {
    return ssrc;
  }

  /// 0 to 15.
  public int csrcCount() {
    return csrcCount;
  }
}
