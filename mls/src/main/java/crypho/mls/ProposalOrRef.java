package crypho.mls;

import crypho.base.Bytes;

/// An entry of a commit: a proposal by value, or the reference of one sent before (RFC 9420 §12.4).
public sealed interface ProposalOrRef permits Proposal, ProposalOrRef.Reference {
  int BY_VALUE = 1;
  int BY_REFERENCE = 2;

  record Reference(Bytes hash) implements ProposalOrRef {}
}
