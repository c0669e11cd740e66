package crypho.mls;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DecodeException;
import crypho.mls.CommitOutcome.AddedDevice;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The second half of a judgement: what the commit leads to, and whether the GroupInfo and the
/// Welcome say the same.
final class Conclusion {
  private final Submission submission;
  private final DeliveryState before;
  private final PublicMessage message;
  private final Reckoning reckoning;

  Conclusion(Submission submission, PublicMessage message, Reckoning reckoning) {
    this.submission = submission;
    this.before = submission.state();
    this.message = message;
    this.reckoning = reckoning;
  }

  CommitOutcome.Accepted accept(boolean isExternal) throws Refused {
    var tag = message.confirmationTag();
    if (tag == null || tag.size() != Suite.HASH_BYTES) {
      throw Refused.malformed("confirmation_tag", "another length");
    }
    PathRules.requireDistinct(reckoning.tree());
    var refs = keyPackageRefs();
    checkWelcome(refs.values());
    var info = GroupInfoRules.read(submission.bundle().groupInfo());
    var context = nextContext();
    GroupInfoRules.check(info, context, reckoning.tree(), tag, reckoning.committer());
    var after = nextState(context, TranscriptHash.interim(context.confirmedTranscriptHash(), tag));
    return accepted(after, refs, isExternal);
  }

  private GroupContext nextContext() {
    var now = before.context();
    return new GroupContext(
        now.version(),
        now.cipherSuite(),
        now.groupId(),
        now.epoch() + 1,
        reckoning.tree().treeHash(),
        TranscriptHash.confirmed(
            before.interimTranscriptHash(),
            MlsMessage.PUBLIC_MESSAGE,
            message.content(),
            message.signature()),
        now.extensions());
  }

  /// Pending removals that were carried out have no leaf any more and drop out.
  private DeliveryState nextState(GroupContext context, Bytes interim) throws Refused {
    try {
      return DeliveryState.of(context, interim, reckoning.tree(), before.pendingRemovals());
    } catch (DecodeException _) {
      throw new Refused(new CommitOutcome.Duplicate("device"));
    }
  }

  private Map<Integer, Bytes> keyPackageRefs() {
    var refs = new HashMap<Integer, Bytes>();
    for (var addition : reckoning.additions()) {
      refs.put(addition.leafIndex(), Suite.keyPackageRef(addition.keyPackage()));
    }
    return refs;
  }

  /// The Welcome names exactly the added key packages, each once (RFC 9420 §12.4.3.1).
  private void checkWelcome(Collection<Bytes> refs) throws Refused {
    var missing = new HashSet<>(refs);
    var unexpected = new HashSet<Bytes>();
    var bytes = submission.bundle().welcome();
    if (bytes != null) {
      for (var secret : readWelcome(bytes).secrets()) {
        if (!missing.remove(secret.newMember())) {
          unexpected.add(secret.newMember());
        }
      }
    }
    if (!missing.isEmpty() || !unexpected.isEmpty()) {
      throw new Refused(
          new CommitOutcome.WelcomeMismatch(Set.copyOf(missing), Set.copyOf(unexpected)));
    }
    if (bytes != null && refs.isEmpty()) {
      throw Refused.malformed("welcome", "nobody was added");
    }
  }

  private static Welcome readWelcome(Bytes bytes) throws Refused {
    if (bytes.size() > MlsLimits.WELCOME_BYTES_MAX) {
      throw new Refused(new CommitOutcome.TooLarge("welcome", MlsLimits.WELCOME_BYTES_MAX));
    }
    try {
      if (MlsMessage.decode(bytes) instanceof Welcome welcome
          && welcome.cipherSuite() == Suite.CODE) {
        return welcome;
      }
      throw Refused.malformed("welcome", "another kind of message, or another suite");
    } catch (DecodeException e) {
      throw Submission.malformed(e);
    }
  }

  private CommitOutcome.Accepted accepted(
      DeliveryState after, Map<Integer, Bytes> refs, boolean isExternal) {
    List<AddedDevice> added =
        after.roster().stream()
            .filter(leaf ->
                refs.containsKey(leaf.leafIndex())
                    || (isExternal && leaf.leafIndex() == reckoning.committer()))
            .map(leaf -> new AddedDevice(leaf, refs.get(leaf.leafIndex())))
            .toList();
    List<MemberId> removed =
        before.roster().stream()
            .map(RosterLeaf::member)
            .filter(member -> !after.contains(member))
            .toList();
    var committer =
        after.roster().stream()
            .filter(leaf -> leaf.leafIndex() == reckoning.committer())
            .findFirst()
            .orElseThrow();
    return new CommitOutcome.Accepted(
        after,
        committer,
        isExternal,
        added,
        removed,
        difference(after.accounts(), before.accounts()),
        difference(before.accounts(), after.accounts()),
        submission.bundle().commitHash());
  }

  private static Set<AccountId> difference(Set<AccountId> of, Set<AccountId> without) {
    var out = new HashSet<>(of);
    out.removeAll(without);
    return Set.copyOf(out);
  }
}
