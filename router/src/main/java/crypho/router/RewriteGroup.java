package crypho.router;

import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.HeaderRewriter;
import org.jspecify.annotations.Nullable;

/// The consumers of one producer whose transports use the same identifiers for header extensions:
/// each waiting packet's header is compiled once for all of them. One owner thread.
final class RewriteGroup {
  final ExtensionIds to;
  private final ExtensionIds from;
  private final boolean isMixedAllowed;
  private final @Nullable HeaderRewriter[] rewriters =
      new @Nullable HeaderRewriter[Producer.PENDING_MAX];
  private final boolean[] isPrepared = new boolean[Producer.PENDING_MAX];

  RewriteGroup(ExtensionIds from, ExtensionIds to, boolean isMixedAllowed) {
    this.from = from;
    this.to = to;
    this.isMixedAllowed = isMixedAllowed;
  }

  /// The compiled header of the waiting packet at a position.
  HeaderRewriter prepared(int position, Incoming packet) {
    var rewriter = rewriters[position];
    if (rewriter == null) {
      rewriter = new HeaderRewriter(from, to, isMixedAllowed);
      rewriters[position] = rewriter;
    }
    if (!isPrepared[position]) {
      rewriter.prepare(packet.header, packet.data);
      isPrepared[position] = true;
    }
    return rewriter;
  }

  /// The packets have been forwarded; others take their positions.
  void clear(int count) {
    for (var i = 0; i < count; i++) {
      isPrepared[i] = false;
    }
  }
}
