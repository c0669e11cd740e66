package crypho.rtc.rtp;

import static crypho.rtc.rtp.Octets.put16;
import static crypho.rtc.rtp.Octets.put24;
import static crypho.rtc.rtp.Octets.put32;
import static crypho.rtc.rtp.Octets.u16;

/// Turns a received header into each subscriber's. [#prepare] compiles the received header once
/// into a template for all consumers whose transports use the same identifiers; [#write] copies the
/// template (some forty octets) and sets what differs, so that the payload is never copied before
/// encryption.
///
/// Extensions that stay ([ExtensionKind.Fate#COPIED]) get the subscriber's identifiers; those the
/// subscriber has not negotiated are gone; mid, abs-send-time and the transport-wide sequence
/// number are the consumer's own, added where they were missing. The block takes the one-byte form
/// when it can and the two-byte form (RFC 8285 §4.3) when an element is empty or longer than 16
/// octets or has an identifier over 14; a subscriber that did not agree to mixing (§6) gets the
/// elements that fit the one-byte form. Padding of the received packet is not passed on.
///
/// One owner thread.
public final class HeaderRewriter {
  /// Octets that [#write] may need at most.
  public static final int HEADER_LENGTH_MAX = 704;

  /// The payload that goes with [#writeEmpty]: one octet of padding, which counts itself, so its
  /// value is the same as its length.
  public static final byte EMPTY_PAYLOAD = 1;

  /// Octets of copied elements; more than a frame's whole dependency structure takes.
  private static final int COPIED_MAX = 512;

  private static final int ONE_BYTE_ID_MAX = 14;
  private static final int ONE_BYTE_LENGTH_MAX = 16;
  private static final int ABSENT = -1;
  private static final ExtensionKind[] KINDS = ExtensionKind.values();

  private final int[] outIdByInId = new int[ExtensionIds.ID_MAX + 1];
  private final int descriptorInId;
  private final int transportSequenceId;
  private final int absSendTimeId;
  private final int midId;
  private final boolean isMixedAllowed;
  private final byte[] template = new byte[HEADER_LENGTH_MAX];
  private boolean isTwoByte;
  private int extensionStart;
  private int ownEnd;
  private int copiedEnd;
  private int transportSequenceAt;
  private int absSendTimeAt;
  private int descriptorAt;

  /// @param from identifiers of the transport on which the packets come in
  /// @param to identifiers of the consumers
  /// @param isMixedAllowed whether the consumers read two-byte headers (`extmap-allow-mixed`)
  public HeaderRewriter(ExtensionIds from, ExtensionIds to, boolean isMixedAllowed) {
    this.isMixedAllowed = isMixedAllowed;
    for (var kind : KINDS) {
      if (kind.fate() == ExtensionKind.Fate.COPIED && from.idOf(kind) != ExtensionIds.NONE) {
        outIdByInId[from.idOf(kind)] = to.idOf(kind);
      }
    }
    descriptorInId = from.idOf(ExtensionKind.DEPENDENCY_DESCRIPTOR);
    transportSequenceId = usable(to.idOf(ExtensionKind.TRANSPORT_WIDE_CC));
    absSendTimeId = usable(to.idOf(ExtensionKind.ABS_SEND_TIME));
    midId = usable(to.idOf(ExtensionKind.MID));
  }

  private int usable(int id) {
    return isMixedAllowed || id <= ONE_BYTE_ID_MAX ? id : ExtensionIds.NONE;
  }

  /// Compiles the header that `in` has read from `data`.
  public void prepare(RtpHeader in, byte[] data) {
    extensionStart = RtpPacket.FIXED_HEADER_LENGTH + in.csrcCount() * 4;
    System.arraycopy(data, in.offset(), template, 0, extensionStart);
    template[0] &= (byte) 0x8f;
    isTwoByte = isMixedAllowed && needsTwoByte(in);
    var at = extensionStart + 4;
    transportSequenceAt = ABSENT;
    absSendTimeAt = ABSENT;
    descriptorAt = ABSENT;
    if (transportSequenceId != ExtensionIds.NONE) {
      at = elementHead(template, at, transportSequenceId, 2);
      transportSequenceAt = at;
      at += 2;
    }
    if (absSendTimeId != ExtensionIds.NONE) {
      at = elementHead(template, at, absSendTimeId, 3);
      absSendTimeAt = at;
      at += 3;
    }
    ownEnd = at;
    copiedEnd = copyElements(in, data, at);
  }

  private boolean needsTwoByte(RtpHeader in) {
    if (Math.max(midId, Math.max(transportSequenceId, absSendTimeId)) > ONE_BYTE_ID_MAX) {
      return true;
    }
    for (var i = 0; i < in.elementCount(); i++) {
      var id = outIdByInId[in.elementId(i)];
      if (id != ExtensionIds.NONE && !fitsOneByte(id, in.elementLength(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean fitsOneByte(int id, int length) {
    return id <= ONE_BYTE_ID_MAX && length > 0 && length <= ONE_BYTE_LENGTH_MAX;
  }

  private int copyElements(RtpHeader in, byte[] data, int start) {
    var at = start;
    for (var i = 0; i < in.elementCount(); i++) {
      var id = outIdByInId[in.elementId(i)];
      var length = in.elementLength(i);
      if (id == ExtensionIds.NONE
          || (!isTwoByte && !fitsOneByte(id, length))
          || at - start + length + 2 > COPIED_MAX) {
        continue;
      }
      at = elementHead(template, at, id, length);
      System.arraycopy(data, in.elementOffset(i), template, at, length);
      if (in.elementId(i) == descriptorInId && length >= 3) {
        descriptorAt = at;
      }
      at += length;
    }
    return at;
  }

  private int elementHead(byte[] out, int at, int id, int length) {
    if (isTwoByte) {
      out[at] = (byte) id;
      out[at + 1] = (byte) length;
      return at + 2;
    }
    out[at] = (byte) (id << 4 | (length - 1));
    return at + 1;
  }

  /// Writes the prepared header for one consumer and returns its length.
  ///
  /// @param out at least [#HEADER_LENGTH_MAX] octets from `outOffset`
  public int write(byte[] out, int outOffset, OutgoingHeader values) {
    var length = emit(out, outOffset, copiedEnd, values);
    if (descriptorAt != ABSENT && values.frameNumberDelta != 0) {
      var at = outOffset + descriptorAt + 1;
      put16(out, at, u16(template, descriptorAt + 1) + values.frameNumberDelta);
    }
    return length;
  }

  /// Writes the header of a packet that is only padding and fills a place in the sequence; its
  /// payload is the one octet [#EMPTY_PAYLOAD]. The marker is not set and nothing is copied from
  /// the extension.
  public int writeEmpty(byte[] out, int outOffset, OutgoingHeader values) {
    var length = emit(out, outOffset, ownEnd, values);
    out[outOffset] |= 0x20;
    out[outOffset + 1] &= 0x7f;
    return length;
  }

  private int emit(byte[] out, int outOffset, int end, OutgoingHeader values) {
    System.arraycopy(template, 0, out, outOffset, end);
    out[outOffset + 1] = (byte) ((values.marker ? 0x80 : 0) | values.payloadType);
    put16(out, outOffset + 2, values.sequenceNumber);
    put32(out, outOffset + 4, values.timestamp);
    put32(out, outOffset + 8, values.ssrc);
    if (transportSequenceAt != ABSENT) {
      put16(out, outOffset + transportSequenceAt, values.transportSequenceNumber);
    }
    if (absSendTimeAt != ABSENT) {
      put24(out, outOffset + absSendTimeAt, values.absSendTime);
    }
    var at = outOffset + end;
    var mid = values.mid;
    if (midId != ExtensionIds.NONE && mid.length > 0) {
      at = elementHead(out, at, midId, mid.length);
      System.arraycopy(mid, 0, out, at, mid.length);
      at += mid.length;
    }
    return closeExtension(out, outOffset, at);
  }

  private int closeExtension(byte[] out, int outOffset, int end) {
    var start = outOffset + extensionStart + 4;
    if (end == start) {
      return extensionStart;
    }
    var at = end;
    while ((at - start & 3) != 0) {
      out[at++] = 0;
    }
    out[outOffset] |= 0x10;
    put16(out, start - 4, isTwoByte ? 0x1000 : 0xbede);
    put16(out, start - 2, (at - start) >> 2);
    return at - outOffset;
  }

  /// Where in the written header the transport-wide sequence number is, from its beginning, or -1:
  /// a pacer that decides late sets it with [Octets#put16].
  public int transportSequenceOffset() {
    return transportSequenceAt;
  }

  /// Where in the written header the abs-send-time is, from its beginning, or -1.
  public int absSendTimeOffset() {
    return absSendTimeAt;
  }

  /// The frame number of the prepared packet's dependency descriptor, or -1.
  public int frameNumber() {
    return descriptorAt == ABSENT ? -1 : u16(template, descriptorAt + 1);
  }
}
