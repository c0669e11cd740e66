package crypho.rtc.stun;

import java.util.Arrays;

/// Cuts what arrives on a TCP connection into frames, holding at most one unfinished frame. One per
/// connection, one owner thread.
///
/// | state | `feed` |
/// |---|---|
/// | open | whole frames go to the sink, the rest is kept |
/// | broken | nothing more is taken: framing once lost cannot be found again; close the connection |
public abstract class StreamDecoder {
  public static final int OK = 0;

  /// The stream does not hold frames of this kind, or one larger than is taken.
  public static final int BROKEN = -1;

  private static final int BUFFER_BYTES_MIN = 256;

  private final int frameBytesMax;
  private byte[] rest = new byte[0];
  private int restLength;
  private boolean isBroken;

  /// @param frameBytesMax the largest frame taken, with its framing; bounds this object's memory
  protected StreamDecoder(int frameBytesMax) {
    this.frameBytesMax = frameBytesMax;
  }

  /// Takes the frames; the bytes are valid during the call only.
  @FunctionalInterface
  public interface FrameSink {
    void frame(byte[] data, int offset, int length);
  }

  /// The whole frame that begins at `offset`, with framing and padding: its length, 0 where
  /// `length` bytes do not tell yet, negative where no frame begins so.
  protected abstract int frameBytes(byte[] data, int offset, int length);

  /// How many of the frame's first bytes are framing and not given to the sink.
  protected abstract int framingBytes();

  /// Takes bytes as they arrived.
  ///
  /// @return [#OK], or [#BROKEN] from the first bad frame on
  public final int feed(byte[] data, int offset, int length, FrameSink sink) {
    int at = offset;
    int end = offset + length;
    while (restLength > 0 && at < end && !isBroken) {
      int taken = fillRest(data, at, end - at);
      at += taken;
      int whole = frameAt(rest, 0, restLength);
      if (!isBroken && whole > 0 && whole <= restLength) {
        emit(rest, 0, whole, sink);
        restLength = 0;
      }
    }
    while (at < end && !isBroken) {
      int whole = frameAt(data, at, end - at);
      if (isBroken) {
        break;
      }
      if (whole == 0 || whole > end - at) {
        keep(data, at, end - at, whole);
        break;
      }
      emit(data, at, whole, sink);
      at += whole;
    }
    return isBroken ? BROKEN : OK;
  }

  /// Adds no more than the frame in `rest` needs, so that the next begins in the input.
  private int fillRest(byte[] data, int at, int available) {
    int whole = frameAt(rest, 0, restLength);
    if (isBroken) {
      return 0;
    }
    int wanted = whole > 0 ? whole - restLength : 1;
    int taken = Math.min(wanted, available);
    grow(Math.max(whole, restLength + taken));
    System.arraycopy(data, at, rest, restLength, taken);
    restLength += taken;
    return taken;
  }

  private int frameAt(byte[] data, int offset, int length) {
    int whole = frameBytes(data, offset, length);
    isBroken = isBroken || whole < 0 || whole > frameBytesMax;
    return whole;
  }

  private void emit(byte[] data, int offset, int whole, FrameSink sink) {
    int framing = framingBytes();
    sink.frame(data, offset + framing, whole - framing);
  }

  private void keep(byte[] data, int offset, int length, int whole) {
    grow(Math.max(length, whole));
    System.arraycopy(data, offset, rest, 0, length);
    restLength = length;
  }

  private void grow(int bytes) {
    if (rest.length < bytes) {
      int doubled = Math.max(BUFFER_BYTES_MIN, 2 * rest.length);
      rest = Arrays.copyOf(rest, Math.max(bytes, Math.min(doubled, frameBytesMax)));
    }
  }
}
