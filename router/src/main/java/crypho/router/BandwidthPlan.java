package crypho.router;

import java.util.Arrays;

/// Divides what one transport's path carries among the streams that go over it. Sans-IO: it gets an
/// estimate and what each stream could use, and chooses a step for each.
///
/// Audio comes first and is never cut. What it leaves is given out along one sequence of steps,
/// each given if it still fits: the lowest step of every stream, by rank; then all steps of the
/// speaker; then the others' steps so that the bits a stream has are in proportion to its weight. A
/// rank is the speaker, then weight, tile area times priority. So the sum is never over the
/// estimate, and with a larger one whatever matters more never gets less.
///
/// | state | when | becomes |
/// | --- | --- | --- |
/// | any | the streams or what is asked for them changed | planned anew with the whole estimate |
/// | steady | what is chosen exceeds the estimate | planned anew at once, then held |
/// | held or steady | the hold is over, and more fits into the estimate less [#MARGIN] | planned anew with that, then held |
/// | held for long | the estimate is [#BETTER] times that of the raise that was taken back, for [#HOLD_NANOS] since | as above |
///
/// A hold is [#HOLD_NANOS]; it doubles, up to [#HOLD_NANOS_MAX], each time that a plan which was
/// raised had to be lowered within [#REGRET_NANOS], and is short again after a plan has lasted
/// [#HOLD_NANOS_MAX]. One owner thread; allocates nothing once it has seen its streams.
final class BandwidthPlan {
  /// No step: the stream gets nothing.
  static final int NONE = -1;

  /// Steps of one stream.
  static final int STEPS_MAX = 32;

  /// What must remain of the estimate after a plan is raised.
  static final double MARGIN = 0.13;

  static final long HOLD_NANOS = 1_000_000_000L;
  static final long HOLD_NANOS_MAX = 16_000_000_000L;
  static final long REGRET_NANOS = 8_000_000_000L;

  /// An estimate that swings comes back to where it was. One well above that is news: what made the
  /// path narrow is over, and nobody should look at a small picture for the rest of a long hold.
  static final double BETTER = 1.1;

  /// A weight for a tile of unknown size: that of 320 by 180 pixels.
  static final long AREA_UNKNOWN = 57_600;

  /// What one stream could use, and what it got.
  static final class Demand {
    boolean isAudio;
    boolean isSpeaker;

    /// 1 to 255.
    int priority;

    /// Pixels of the tile.
    long area = AREA_UNKNOWN;

    /// Steps from the lowest up: bits a second, each more than the one before. None: nothing is
    /// wanted now.
    final long[] bps = new long[STEPS_MAX];

    int steps;

    /// What the plan gives: a step, or [#NONE].
    int step = NONE;

    private int trial = NONE;
    private double reached;

    private double weight() {
      return (double) Math.max(1, area) * Math.max(1, priority);
    }

    private long chosen() {
      return step == NONE || steps == 0 ? 0 : bps[Math.min(step, steps - 1)];
    }

    private long tried() {
      return trial == NONE ? 0 : bps[trial];
    }
  }

  private static final Demand NOBODY = new Demand();

  private Demand[] ranked = {};
  private int count;
  private long heldUntilNanos = Long.MIN_VALUE;
  private long hold = HOLD_NANOS;
  private long raisedNanos;
  private long raisedAtBps = Long.MAX_VALUE;

  /// The estimate at the raise that was taken back last.
  private long regrettedBps = Long.MAX_VALUE;

  private boolean wasRaised;
  private long changedNanos;
  private boolean hasPlanned;

  /// Chooses [Demand#step] of each.
  ///
  /// @param isNew whether streams came or went, or something else than rates changed
  /// @return whether a step changed
  boolean plan(long nowNanos, long estimateBps, Demand[] demands, int demandCount, boolean isNew) {
    rank(demands, demandCount);
    var audio = audioBps();
    var budget = Math.max(0, estimateBps - audio);
    if (isNew || !hasPlanned) {
      hasPlanned = true;
      divide(budget);
      return take(nowNanos);
    }
    if (chosenBps() > budget) {
      divide(budget);
      onLowered(nowNanos);
      return take(nowNanos);
    }
    if (nowNanos < heldUntilNanos && !isNews(nowNanos, estimateBps)) {
      return false;
    }
    divide(Math.max(0, (long) (estimateBps * (1 - MARGIN)) - audio));
    if (!isGain()) {
      return false;
    }
    wasRaised = true;
    raisedNanos = nowNanos;
    raisedAtBps = estimateBps;
    if (nowNanos - changedNanos >= HOLD_NANOS_MAX) {
      hold = HOLD_NANOS;
    }
    heldUntilNanos = nowNanos + hold;
    return take(nowNanos);
  }

  private boolean isNews(long nowNanos, long estimateBps) {
    return nowNanos - changedNanos >= HOLD_NANOS && estimateBps > BETTER * regrettedBps;
  }

  private void onLowered(long nowNanos) {
    if (wasRaised && nowNanos - raisedNanos < REGRET_NANOS) {
      hold = Math.min(2 * hold, HOLD_NANOS_MAX);
      regrettedBps = raisedAtBps;
    } else if (nowNanos - changedNanos >= HOLD_NANOS_MAX) {
      hold = HOLD_NANOS;
    }
    wasRaised = false;
    heldUntilNanos = nowNanos + hold;
  }

  private void rank(Demand[] demands, int demandCount) {
    if (ranked.length < demandCount) {
      ranked = new Demand[2 * demandCount];
    }
    System.arraycopy(demands, 0, ranked, 0, demandCount);
    Arrays.fill(ranked, demandCount, ranked.length, NOBODY);
    count = demandCount;
    // Insertion: the order hardly changes from one time to the next, and nothing is allocated.
    for (var i = 1; i < count; i++) {
      var one = ranked[i];
      var at = i;
      while (at > 0 && comesBefore(one, ranked[at - 1])) {
        ranked[at] = ranked[at - 1];
        at--;
      }
      ranked[at] = one;
    }
  }

  private static boolean comesBefore(Demand one, Demand other) {
    return one.isSpeaker == other.isSpeaker ? one.weight() > other.weight() : one.isSpeaker;
  }

  private long audioBps() {
    var sum = 0L;
    for (var i = 0; i < count; i++) {
      var one = ranked[i];
      sum += one.isAudio && one.steps > 0 ? one.bps[one.steps - 1] : 0;
    }
    return sum;
  }

  private long chosenBps() {
    var sum = 0L;
    for (var i = 0; i < count; i++) {
      sum += ranked[i].isAudio ? 0 : ranked[i].chosen();
    }
    return sum;
  }

  /// Tries the sequence of steps against a budget.
  private void divide(long budget) {
    var left = budget;
    for (var i = 0; i < count; i++) {
      var one = ranked[i];
      one.trial = NONE;
      if (one.isAudio) {
        one.trial = one.steps - 1;
      } else if (one.steps > 0 && one.bps[0] <= left) {
        left -= one.bps[0];
        one.trial = 0;
      }
      one.reached = 0;
    }
    for (var i = 0; i < count; i++) {
      if (!ranked[i].isAudio && ranked[i].isSpeaker) {
        left = raise(ranked[i], left);
      }
    }
    raiseOthers(left);
  }

  /// Gives one stream each step that fits, up to the first that does not.
  private static long raise(Demand one, long budget) {
    var left = budget;
    while (one.trial != NONE && one.trial + 1 < one.steps) {
      var more = one.bps[one.trial + 1] - one.bps[one.trial];
      if (more > left) {
        break;
      }
      left -= more;
      one.trial++;
    }
    return left;
  }

  /// Raises whoever has least for its weight, until nobody's next step fits. A stream whose step
  /// did not fit is out of it.
  private void raiseOthers(long budget) {
    var left = budget;
    for (var i = 0; i < count; i++) {
      var one = ranked[i];
      var isOut = one.isAudio || one.isSpeaker || one.trial == NONE;
      one.reached = isOut ? Double.MAX_VALUE : one.tried() / one.weight();
    }
    while (true) {
      var next = NOBODY;
      for (var i = 0; i < count; i++) {
        var one = ranked[i];
        if (one.reached < Double.MAX_VALUE
            && one.trial + 1 < one.steps
            && (next == NOBODY || one.reached < next.reached)) {
          next = one;
        }
      }
      if (next == NOBODY) {
        return;
      }
      var more = next.bps[next.trial + 1] - next.bps[next.trial];
      if (more > left) {
        next.reached = Double.MAX_VALUE;
      } else {
        left -= more;
        next.trial++;
        next.reached = next.tried() / next.weight();
      }
    }
  }

  /// Whether what was tried is better than what is chosen: in the order of rank, the first stream
  /// that differs gets more.
  private boolean isGain() {
    var served = 0;
    for (var i = 0; i < count; i++) {
      served += (ranked[i].trial == NONE ? 0 : 1) - (ranked[i].chosen() == 0 ? 0 : 1);
    }
    if (served < 0) {
      return false;
    }
    for (var i = 0; i < count; i++) {
      var one = ranked[i];
      if (one.trial != Math.min(one.step, one.steps - 1)) {
        return one.trial > one.step;
      }
    }
    return false;
  }

  private boolean take(long nowNanos) {
    var isChanged = false;
    for (var i = 0; i < count; i++) {
      isChanged |= ranked[i].step != ranked[i].trial;
      ranked[i].step = ranked[i].trial;
    }
    if (isChanged) {
      changedNanos = nowNanos;
    }
    return isChanged;
  }

  /// What the chosen steps take together, audio included.
  long plannedBps() {
    return audioBps() + chosenBps();
  }

  /// What there would be to send if the path bore everything.
  long wantedBps() {
    var sum = 0L;
    for (var i = 0; i < count; i++) {
      sum += ranked[i].steps == 0 ? 0 : ranked[i].bps[ranked[i].steps - 1];
    }
    return sum;
  }
}
