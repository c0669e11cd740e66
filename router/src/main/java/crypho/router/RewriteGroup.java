package crypho.router;

import crypho.rtc.rtp.ExtensionIds;
import crypho.rtc.rtp.HeaderRewriter;
import org.jspecify.annotations.Nullable;

/// The consumers of one producer whose transports use the same identifiers for header extensions:
/// each waiting packet's header is compiled once for all of them. One owner thread.
final class RewriteGroup {
  /// `mediasoup-client` offers `extmap-allow-mixed` for all that it receives. Without the two-byte
  /// form a key frame's dependency structure, which is longer than 16 octets, would be left out,
  /// and nothing that refers to it could be read.
  static final boolean IS_MIXED_ALLOWED = true;

  final ExtensionIds to;
  private final ExtensionIds from;
  private final @Nullable HeaderRewriter[] rewriters =
      new @Nullable HeaderRewriter[Producer.PENDING_MAX];
  private final boolean[] isPrepared = new boolean[Producer.PENDING_MAX];

  RewriteGroup(ExtensionIds from, ExtensionIds to) {
    this.from = from;
    this.to = to;
  }

  /// The compiled header of the waiting packet at a position.
  HeaderRewriter prepared(int position, Incoming packet) {
    var rewriter = rewriters[position];
    if (rewriter == null) {
      rewriter = new HeaderRewriter(from, to, IS_MIXED_ALLOWED);
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
