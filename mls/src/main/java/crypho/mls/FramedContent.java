package crypho.mls;

import crypho.base.Bytes;

/// What a message says and where it belongs (RFC 9420 §6).
public record FramedContent(
    Bytes groupId, long epoch, Sender sender, Bytes authenticatedData, Content content) {

  /// The three things a message can carry.
  public sealed interface Content permits Application, Proposal, Commit {
    int APPLICATION = 1;
    int PROPOSAL = 2;
    int COMMIT = 3;
  }

  public record Application(Bytes data) implements Content {}
}
