package crypho.rtc.ice;

import crypho.rtc.stun.StunReader;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The latest transactions of a client and where each was seen. A transaction belongs to one path
/// (RFC 8489 §6.2.1): the same on another is a replay, by which somebody on the way could move a
/// call to an address of theirs. One owner thread.
final class SeenTransactions {
  /// About ten minutes of a browser's checks; older ones can be replayed.
  static final int MAX = 512;

  private static final int STEP = 32;

  private long[] ids = new long[STEP];
  private @Nullable FiveTuple[] paths = new FiveTuple[STEP];
  private int size;
  private int oldest;

  /// Remembers the message's transaction.
  ///
  /// @return whether it was seen on another path before
  boolean isReplay(FiveTuple path, StunReader message) {
    long id = message.transactionIdHash();
    for (int i = 0; i < size; i++) {
      if (ids[i] == id) {
        return !path.equals(paths[i]);
      }
    }
    if (size < MAX) {
      if (size == ids.length) {
        ids = Arrays.copyOf(ids, 2 * size);
        paths = Arrays.copyOf(paths, 2 * size);
      }
      ids[size] = id;
      paths[size++] = path;
    } else {
      ids[oldest] = id;
      paths[oldest] = path;
      oldest = (oldest + 1) & (MAX - 1);
    }
    return false;
  }
}
