package crypho.rtc.srtp;

import org.jspecify.annotations.Nullable;

/// The replay windows of a transport by SSRC: open addressing, no removal (a window forgotten is a
/// nonce used twice), bounded.
final class StreamTable {
  private static final int SLOTS_AT_START = 16;

  private final int streamsMax;
  private @Nullable ReplayWindow[] windows = new @Nullable ReplayWindow[SLOTS_AT_START];
  private int[] ssrcs = new int[SLOTS_AT_START];
  private int size;

  StreamTable(int streamsMax) {
    this.streamsMax = streamsMax;
  }

  int size() {
    return size;
  }

  boolean isFull() {
    return size >= streamsMax;
  }

  @Nullable ReplayWindow find(int ssrc) {
    return windows[slot(ssrc)];
  }

  /// Adds the window of an SSRC that has none; the caller has looked at [#isFull].
  void add(int ssrc, ReplayWindow window) {
    if (2 * size >= ssrcs.length) {
      grow();
    }
    var slot = slot(ssrc);
    ssrcs[slot] = ssrc;
    windows[slot] = window;
    size++;
  }

  private int slot(int ssrc) {
    var mask = ssrcs.length - 1;
    var slot = (ssrc * 0x9e3779b1) >>> 16 & mask;
    while (windows[slot] != null && ssrcs[slot] != ssrc) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    var oldSsrcs = ssrcs;
    var oldWindows = windows;
    ssrcs = new int[2 * oldSsrcs.length];
    windows = new @Nullable ReplayWindow[ssrcs.length];
    for (var i = 0; i < oldSsrcs.length; i++) {
      var window = oldWindows[i];
      if (window != null) {
        var slot = slot(oldSsrcs[i]);
        ssrcs[slot] = oldSsrcs[i];
        windows[slot] = window;
      }
    }
  }
}
