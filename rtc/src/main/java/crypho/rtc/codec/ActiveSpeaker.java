package crypho.rtc.codec;

import java.util.Arrays;

/// Finds who speaks, from the audio levels of RFC 6464 alone: dominant speaker identification after
/// Volfin and Cohen (2012). Each participant's speech activity is scored over an immediate, a
/// medium and a long interval; the dominant speaker changes when another one's scores exceed the
/// dominant one's in all three, so neither a cough nor a short "yes" takes the floor.
///
/// A *level step* is 20 ms of one participant. A packet's level stands for all of its steps; what
/// does not come (discontinuous transmission) counts as silence.
///
/// | state | on | becomes |
/// | --- | --- | --- |
/// | nobody | [#decide], someone has spoken for a medium interval | that one is dominant |
/// | someone | [#decide], another's ratios exceed [#IMMEDIATE_RATIO], [#MEDIUM_RATIO], [#LONG_RATIO] | the one of these with the greatest medium ratio |
/// | someone | [#remove] of that one | nobody |
///
/// One owner thread.
public final class ActiveSpeaker {
  /// What [#decide] answers when nobody has spoken.
  public static final int NOBODY = -1;

  /// Between two decisions.
  public static final long DECISION_NANOS = 300_000_000L;

  /// A level step.
  public static final long STEP_NANOS = 20_000_000L;

  /// Logarithms of the score ratios that a challenger must exceed.
  public static final double IMMEDIATE_RATIO = 3;

  /// See [#IMMEDIATE_RATIO].
  public static final double MEDIUM_RATIO = 2;

  /// See [#IMMEDIATE_RATIO].
  public static final double LONG_RATIO = 0;

  /// Sub-bands of one level step.
  private static final int IMMEDIATE_PARTS = 13;

  /// Level steps of a medium interval.
  private static final int MEDIUM_PARTS = 5;

  /// Medium intervals of the long one.
  private static final int LONG_PARTS = 10;

  private static final int STEPS = MEDIUM_PARTS * LONG_PARTS;

  /// dB of one sub-band.
  private static final int PART_DECIBELS = 10;

  /// More sub-bands than this make a step active: louder than -48 dBov.
  private static final int MEDIUM_THRESHOLD = 7;

  /// Background noise is believed to be at most this loud: -67 dBov.
  private static final int NOISE_MAX = 60;

  /// The estimate of the noise rises by 1 dB in as many steps, a second.
  private static final int NOISE_RISE_STEPS = 50;

  /// A packet's level stands for its whole duration, up to this many steps (120 ms).
  private static final int PACKET_STEPS_MAX = 6;

  /// More active steps than this make a medium interval active.
  private static final int LONG_THRESHOLD = 4;

  private static final double IMMEDIATE_LAMBDA = 0.78;
  private static final double MEDIUM_LAMBDA = 24;
  private static final double LONG_LAMBDA = 47;
  private static final double SCORE_MIN = 1e-10;
  private static final int LEVEL_MAX = 127;

  private static final double[] IMMEDIATE = scores(IMMEDIATE_PARTS, IMMEDIATE_LAMBDA);
  private static final double[] MEDIUM = scores(MEDIUM_PARTS, MEDIUM_LAMBDA);
  private static final double[] LONG = scores(LONG_PARTS, LONG_LAMBDA);

  /// Sub-bands of each step, newest last, in a ring of [#STEPS] a participant.
  private final byte[] steps;

  private final int[] next;

  /// Loudness of each participant's background, in dB times [#NOISE_RISE_STEPS].
  private final int[] noise;

  private final long[] lastNanos;
  private final boolean[] isPresent;
  private final double[] immediate;
  private final double[] medium;
  private final double[] longer;
  private int dominant = NOBODY;
  private long decideAt = Long.MIN_VALUE;

  /// @param slots participants at most; a participant is a slot from 0
  public ActiveSpeaker(int slots) {
    steps = new byte[slots * STEPS];
    next = new int[slots];
    noise = new int[slots];
    lastNanos = new long[slots];
    isPresent = new boolean[slots];
    immediate = new double[slots];
    medium = new double[slots];
    longer = new double[slots];
  }

  /// The log-likelihood ratio of speech for each count of active parts: binomial with p = 1/2 under
  /// speech, exponential with λ under silence; never below [#SCORE_MIN].
  private static double[] scores(int parts, double lambda) {
    var out = new double[parts + 1];
    var logBinomial = 0.0;
    for (var active = 0; active <= parts; active++) {
      var score = logBinomial - parts * Math.log(2) - Math.log(lambda) + lambda * active;
      out[active] = Math.max(score, SCORE_MIN);
      logBinomial += Math.log(parts - active) - Math.log(active + 1.0);
    }
    return out;
  }

  /// A participant comes, silent so far.
  public void add(int slot, long nowNanos) {
    Arrays.fill(steps, slot * STEPS, (slot + 1) * STEPS, (byte) 0);
    next[slot] = 0;
    noise[slot] = NOISE_MAX * NOISE_RISE_STEPS;
    lastNanos[slot] = nowNanos;
    isPresent[slot] = true;
  }

  /// A participant goes or has no audio any more.
  public void remove(int slot) {
    isPresent[slot] = false;
    if (dominant == slot) {
      dominant = NOBODY;
    }
  }

  /// An audio packet of a participant came.
  ///
  /// @param level as RFC 6464 has it: 0 loudest to 127 silent, in -dBov
  public void onLevel(int slot, int level, long nowNanos) {
    if (!isPresent[slot]) {
      return;
    }
    var loudness = LEVEL_MAX - Math.clamp(level, 0, LEVEL_MAX);
    follow(slot, loudness);
    var isNoise = loudness < noise[slot] / NOISE_RISE_STEPS + PART_DECIBELS;
    var parts = isNoise ? 0 : loudness / PART_DECIBELS;
    var elapsed = (nowNanos - lastNanos[slot] + STEP_NANOS / 2) / STEP_NANOS;
    if (elapsed > PACKET_STEPS_MAX) {
      silence(slot, nowNanos - STEP_NANOS);
    }
    for (var i = 1; i < elapsed && elapsed <= PACKET_STEPS_MAX; i++) {
      push(slot, parts);
    }
    push(slot, parts);
    lastNanos[slot] = Math.max(lastNanos[slot], nowNanos);
  }

  /// The noise is the quietest that was heard, and rises slowly.
  private void follow(int slot, int loudness) {
    var risen = Math.min(noise[slot] + 1, NOISE_MAX * NOISE_RISE_STEPS);
    noise[slot] = Math.min(risen, loudness * NOISE_RISE_STEPS);
  }

  /// Fills with silence what did not come until a moment.
  private void silence(int slot, long untilNanos) {
    var missing = Math.min((untilNanos - lastNanos[slot]) / STEP_NANOS, STEPS);
    for (var i = 0L; i < missing; i++) {
      push(slot, 0);
    }
    if (missing > 0) {
      lastNanos[slot] = untilNanos;
    }
  }

  private void push(int slot, int parts) {
    steps[slot * STEPS + next[slot]] = (byte) parts;
    next[slot] = (next[slot] + 1) % STEPS;
  }

  /// Decides, if it is time; returns the slot of the dominant speaker or [#NOBODY].
  public int decide(long nowNanos) {
    if (nowNanos < decideAt) {
      return dominant;
    }
    decideAt = nowNanos + DECISION_NANOS;
    for (var slot = 0; slot < isPresent.length; slot++) {
      if (isPresent[slot]) {
        silence(slot, nowNanos - PACKET_STEPS_MAX * STEP_NANOS);
        evaluate(slot);
      }
    }
    dominant = dominant == NOBODY ? loudest() : challenger();
    return dominant;
  }

  private void evaluate(int slot) {
    var base = slot * STEPS;
    var newest = (next[slot] + STEPS - 1) % STEPS;
    var activeIntervals = 0;
    var newestInterval = 0;
    for (var interval = 0; interval < LONG_PARTS; interval++) {
      var active = 0;
      for (var i = 0; i < MEDIUM_PARTS; i++) {
        var back = interval * MEDIUM_PARTS + i;
        var step = steps[base + (newest + STEPS - back) % STEPS];
        active += step > MEDIUM_THRESHOLD ? 1 : 0;
      }
      newestInterval = interval == 0 ? active : newestInterval;
      activeIntervals += active > LONG_THRESHOLD ? 1 : 0;
    }
    immediate[slot] = IMMEDIATE[steps[base + newest]];
    medium[slot] = MEDIUM[newestInterval];
    longer[slot] = LONG[activeIntervals];
  }

  /// Who has spoken most, with at least one active medium interval.
  private int loudest() {
    var best = NOBODY;
    for (var slot = 0; slot < isPresent.length; slot++) {
      if (isPresent[slot]
          && longer[slot] > LONG[0]
          && (best == NOBODY || longer[slot] > longer[best])) {
        best = slot;
      }
    }
    return best;
  }

  private int challenger() {
    var best = dominant;
    var bestRatio = MEDIUM_RATIO;
    for (var slot = 0; slot < isPresent.length; slot++) {
      if (slot == dominant || !isPresent[slot]) {
        continue;
      }
      var mediumRatio = Math.log(medium[slot] / medium[dominant]);
      if (Math.log(immediate[slot] / immediate[dominant]) > IMMEDIATE_RATIO
          && mediumRatio > bestRatio
          && Math.log(longer[slot] / longer[dominant]) > LONG_RATIO) {
        best = slot;
        bestRatio = mediumRatio;
      }
    }
    return best;
  }

  /// When to call [#decide].
  public long deadlineNanos() {
    return decideAt;
  }
}
