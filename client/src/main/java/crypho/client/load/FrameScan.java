package crypho.client.load;

import io.netty.buffer.ByteBuf;

/// Reads the little that a load generator needs from a ServerFrame, without building objects: which
/// body it has, which request it answers, and for an entry its seq and client id. Written for
/// frames of our own server; anything else reads as [#bodyField] 0 or throws
/// IndexOutOfBoundsException.
///
/// One owner thread; reused from frame to frame.
public final class FrameScan {
  public static final int HELLO = 2;
  public static final int SEND_RESULT = 3;
  public static final int ENTRY = 4;
  public static final int PONG = 9;
  public static final int GOODBYE = 10;
  public static final int ERROR = 11;

  private static final int WIRE_VARINT = 0;
  private static final int WIRE_64 = 1;
  private static final int WIRE_BYTES = 2;
  private static final int WIRE_32 = 5;

  private int bodyField;
  private int bodyStart;
  private int bodyEnd;
  private int replyTo;
  private long seq;
  private int clientIdAt;

  public void read(ByteBuf frame) {
    bodyField = 0;
    replyTo = 0;
    while (frame.isReadable()) {
      var tag = (int) varint(frame);
      if (tag >>> 3 == 1) {
        replyTo = (int) varint(frame);
      } else {
        var size = (int) varint(frame);
        bodyField = tag >>> 3;
        bodyStart = frame.readerIndex();
        bodyEnd = bodyStart + size;
        frame.skipBytes(size);
      }
    }
  }

  public int bodyField() {
    return bodyField;
  }

  public int replyTo() {
    return replyTo;
  }

  /// True for a SendResponse whose outcome is `accepted`; then [#seq] is its entry's.
  public boolean readSendResult(ByteBuf frame) {
    frame.readerIndex(bodyStart);
    if (bodyStart == bodyEnd || varint(frame) != (1 << 3 | WIRE_BYTES)) {
      return false;
    }
    var end = (int) varint(frame) + frame.readerIndex();
    readSeq(frame, end);
    return true;
  }

  /// Reads an EntryEvent: afterwards [#seq] and [#clientIdAt] tell which.
  public void readEntry(ByteBuf frame) {
    frame.readerIndex(bodyStart);
    while (frame.readerIndex() < bodyEnd) {
      var tag = (int) varint(frame);
      var size = (int) varint(frame);
      if (tag >>> 3 == 2) {
        readSeq(frame, frame.readerIndex() + size);
        return;
      }
      frame.skipBytes(size);
    }
  }

  public long seq() {
    return seq;
  }

  /// Index in the frame's buffer of the entry's 16-byte client id; -1 where it has none.
  public int clientIdAt() {
    return clientIdAt;
  }

  private void readSeq(ByteBuf frame, int end) {
    seq = 0;
    clientIdAt = -1;
    while (frame.readerIndex() < end) {
      var tag = (int) varint(frame);
      if (tag == (1 << 3 | WIRE_VARINT)) {
        seq = varint(frame);
      } else if (tag == (5 << 3 | WIRE_BYTES)) {
        var size = (int) varint(frame);
        clientIdAt = size == 16 ? frame.readerIndex() : -1;
        return;
      } else {
        skip(frame, tag & 7);
      }
    }
  }

  private static void skip(ByteBuf frame, int wireType) {
    switch (wireType) {
      case WIRE_VARINT -> varint(frame);
      case WIRE_64 -> frame.skipBytes(8);
      case WIRE_BYTES -> frame.skipBytes((int) varint(frame));
      case WIRE_32 -> frame.skipBytes(4);
      default -> throw new IndexOutOfBoundsException("not a frame of ours");
    }
  }

  private static long varint(ByteBuf in) {
    var value = 0L;
    for (var shift = 0; shift < 64; shift += 7) {
      var next = in.readByte();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IndexOutOfBoundsException("not a varint");
  }
}
