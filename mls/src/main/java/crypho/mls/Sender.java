package crypho.mls;

/// Who framed a message (RFC 9420 §6). Indices are unsigned 32-bit numbers as claimed.
public sealed interface Sender {
  int MEMBER = 1;
  int EXTERNAL = 2;
  int NEW_MEMBER_PROPOSAL = 3;
  int NEW_MEMBER_COMMIT = 4;

  record Member(long leafIndex) implements Sender {}

  record External(long senderIndex) implements Sender {}

  record NewMemberProposal() implements Sender {}

  record NewMemberCommit() implements Sender {}
}
