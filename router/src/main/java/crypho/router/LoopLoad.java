package crypho.router;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/// How busy one loop was over the last second. Written by the loop, read by any thread.
final class LoopLoad {
  private static final long PERIOD_NANOS = 1_000_000_000L;

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private long sinceNanos = Long.MIN_VALUE;
  private long forwardedThen;
  private long cpuThen;
  private volatile long packetsPerSecond;
  private volatile double cpuShare;

  void onTick(long nowNanos, long forwarded) {
    if (sinceNanos == Long.MIN_VALUE) {
      begin(nowNanos, forwarded);
      return;
    }
    var elapsed = nowNanos - sinceNanos;
    if (elapsed < PERIOD_NANOS) {
      return;
    }
    packetsPerSecond = (forwarded - forwardedThen) * 1_000_000_000L / elapsed;
    cpuShare = (double) (threads.getCurrentThreadCpuTime() - cpuThen) / elapsed;
    begin(nowNanos, forwarded);
  }

  private void begin(long nowNanos, long forwarded) {
    sinceNanos = nowNanos;
    forwardedThen = forwarded;
    cpuThen = threads.getCurrentThreadCpuTime();
  }

  /// Nothing is there that would need it.
  void rest() {
    sinceNanos = Long.MIN_VALUE;
    packetsPerSecond = 0;
    cpuShare = 0;
  }

  /// Packets forwarded.
  long packetsPerSecond() {
    return packetsPerSecond;
  }

  /// Of one core, from 0 to 1.
  double cpuShare() {
    return cpuShare;
  }
}
