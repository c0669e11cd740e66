package crypho.mls;

import crypho.base.Bytes;
import org.jspecify.annotations.Nullable;

/// What a client sends to turn the epoch: all or nothing. Each part is an MLSMessage as received.
/// `welcome` is there exactly if the commit adds somebody.
public record CommitBundle(Bytes commit, @Nullable Bytes welcome, Bytes groupInfo) {
  /// By which a repeated bundle is recognised: SHA-256 of the commit's bytes.
  public Bytes commitHash() {
    return Suite.hash(commit);
  }
}
