package crypho.mls;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import java.time.Instant;

/// What is to be judged, by whom it came, and what there is to judge it by.
record Submission(
    DeliveryState state,
    MemberId submitter,
    CommitBundle bundle,
    Directory directory,
    Instant now) {

  static Refused malformed(DecodeException e) {
    return Refused.malformed(e.where(), String.valueOf(e.getMessage()));
  }

  MemberId requireOurDomain(LeafNode leaf) throws Refused {
    try {
      var identity = ClientIdentity.parse(leaf.credential());
      if (!identity.domain().equals(directory.domain())) {
        throw Refused.malformed("identity", "another domain");
      }
      return identity.member();
    } catch (DecodeException e) {
      throw malformed(e);
    }
  }

  void requireRegistered(MemberId member, Bytes signatureKey) throws Refused {
    if (!directory.isRegistered(member, signatureKey)) {
      throw new Refused(new CommitOutcome.UnregisteredKey(member));
    }
  }

  /// The commit's signature covers the epoch that it was made for (RFC 9420 §6.1).
  void requireSigned(PublicMessage message, Bytes signatureKey) throws Refused {
    if (!Suite.verifyWithLabel(
        signatureKey,
        "FramedContentTBS",
        MessageCodec.framedContentTbs(message.content(), state.context()),
        message.signature())) {
      throw new Refused(new CommitOutcome.BadSignature("commit"));
    }
  }

  static void requireRoom(RatchetTree tree, int newcomers) throws Refused {
    if (tree.memberCount() + newcomers > MlsLimits.LEAVES_MAX) {
      throw new Refused(new CommitOutcome.GroupTooLarge(MlsLimits.LEAVES_MAX));
    }
  }

  int requireLeaf(Proposal.Remove remove) throws Refused {
    if (state.tree().leaf(remove.removed()) == null) {
      throw Refused.malformed("removed", "no such leaf");
    }
    return (int) remove.removed();
  }

  static Refused forbidden(Proposal proposal) {
    return new Refused(
        new CommitOutcome.ForbiddenProposal(
            switch (proposal) {
              case Proposal.Add _ -> "add";
              case Proposal.Update _ -> "update";
              case Proposal.Remove _ -> "remove";
              case Proposal.PreSharedKey _ -> "psk";
              case Proposal.ReInit _ -> "reinit";
              case Proposal.ExternalInit _ -> "external_init";
              case Proposal.GroupContextExtensions _ -> "group_context_extensions";
            }));
  }
}
