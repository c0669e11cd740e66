package crypho.rtc.rtp;

/// Asks one incoming stream for key frames on behalf of all its consumers, seldom enough that a
/// crowd that joins at once does not make the encoder send nothing else.
///
/// | state | on | becomes |
/// | --- | --- | --- |
/// | idle | [#request] | wanted: [#poll] says yes at once, or when [#INTERVAL_NANOS] are over since the last request |
/// | wanted | [#poll] said yes | asked |
/// | asked | a key frame begins | idle |
/// | asked | [#RETRY_NANOS] without one, fewer than [#TRIES_MAX] requests | wanted |
/// | asked | [#TRIES_MAX] requests | idle |
/// | asked | [#request] | asked, and the count of requests begins anew |
///
/// The caller sends PLI (RFC 4585 §6.3.1), or FIR (RFC 5104 §4.3.1) with [#firSequenceNumber] where
/// only that was negotiated. One owner thread.
public final class KeyFrameRequester {
  /// Between two requests at least.
  public static final long INTERVAL_NANOS = 500_000_000L;

  /// An unanswered request is repeated after this.
  public static final long RETRY_NANOS = 1_000_000_000L;

  /// Requests until the sender is believed to have no key frame.
  public static final int TRIES_MAX = 8;

  private enum State {
    IDLE,
    WANTED,
    ASKED
  }

  private State state = State.IDLE;
  private long allowedAt = Long.MIN_VALUE;
  private long retryAt;
  private int tries;
  private int firSequenceNumber;

  /// A consumer needs a key frame.
  public void request() {
    tries = 0;
    if (state == State.IDLE) {
      state = State.WANTED;
    }
  }

  /// A key frame has begun.
  public void onKeyFrame() {
    state = State.IDLE;
    tries = 0;
  }

  /// Whether to send a request now.
  public boolean poll(long nowNanos) {
    if (state == State.ASKED && nowNanos >= retryAt) {
      state = tries < TRIES_MAX ? State.WANTED : State.IDLE;
    }
    if (state != State.WANTED || nowNanos < allowedAt) {
      return false;
    }
    state = State.ASKED;
    tries++;
    allowedAt = nowNanos + INTERVAL_NANOS;
    retryAt = nowNanos + RETRY_NANOS;
    firSequenceNumber = (firSequenceNumber + 1) & 0xff;
    return true;
  }

  /// When to call [#poll], or `Long.MAX_VALUE`.
  public long deadlineNanos() {
    return switch (state) {
      case IDLE -> Long.MAX_VALUE;
      case WANTED -> allowedAt;
      case ASKED -> retryAt;
    };
  }

  /// The command sequence number (0 to 255) of the request that [#poll] has just announced.
  public int firSequenceNumber() {
    return firSequenceNumber;
  }
}
