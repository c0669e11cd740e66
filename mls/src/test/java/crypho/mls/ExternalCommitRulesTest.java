package crypho.mls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Bytes;
import crypho.mls.CommitOutcome.Reason;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Every rule for a commit by which a device lets itself in.
final class ExternalCommitRulesTest {
  private final World world = World.of(2, 3);
  private final BcDevice joiner = world.device(2);
  private final Forge forge =
      new Forge(world, joiner, joiner.external(world.groupInfo, null).bundle());

  private static void malformed(String where, CommitOutcome outcome) {
    assertEquals(where, assertInstanceOf(CommitOutcome.Malformed.class, outcome).where());
  }

  @Test
  void aNewDeviceOfAMemberLetsItselfIn() {
    var outcome = world.accepted(joiner, joiner.external(world.groupInfo, null));
    assertTrue(outcome.isExternal());
    assertEquals(joiner.member, outcome.committer().member());
    assertEquals(joiner.member, outcome.added().getFirst().leaf().member());
    assertEquals(null, outcome.added().getFirst().keyPackageRef());
    assertEquals(Set.of(), outcome.addedAccounts());
  }

  @Test
  void aDeviceThatLostItsStateReplacesItsOwnLeaf() {
    var lost = world.at(1);
    lost.group = null;
    var outcome = world.accepted(lost, lost.external(world.groupInfo, 1));
    assertEquals(List.of(), outcome.removed());
    assertEquals(3, outcome.state().roster().size());
  }

  @Test
  void aDeviceInTheGroupMustReplaceItsLeaf() {
    var member = world.at(1);
    assertEquals(
        new CommitOutcome.Duplicate("device"),
        world.judge(member, member.external(world.groupInfo, null).bundle()));
  }

  @Test
  void pendingRemovalsDoNotKeepOthersOutAndStayPending() {
    var leaver = world.at(2).member;
    world.state = world.state().withPendingRemoval(leaver.account());
    world.accepted(joiner, joiner.external(world.groupInfo, null));
    assertEquals(Set.of(leaver.device()), world.state().pendingRemovals());
    var rejoin = world.at(2).external(world.groupInfo, 2);
    assertEquals(
        new CommitOutcome.NotAllowed(Reason.COMMITTER_MUST_GO),
        world.judge(world.at(2), rejoin.bundle()));
  }

  @Test
  void aStrangersAccountStaysOut() {
    var stranger = world.device(8);
    assertEquals(
        new CommitOutcome.NotAllowed(Reason.COMMITTER_NOT_ENTITLED),
        world.judge(stranger, stranger.external(world.groupInfo, null).bundle()));
  }

  @Test
  void nobodyLetsAnotherDeviceIn() {
    var bundle = joiner.external(world.groupInfo, null).bundle();
    assertEquals(new CommitOutcome.ForgedSender(), world.judge(world.at(1), bundle));
  }

  @Test
  void theJoinersKeyMustBeRegistered() {
    world.registered.remove(joiner.member.device());
    assertEquals(new CommitOutcome.UnregisteredKey(joiner.member), forge.withProposals(p -> p));
  }

  @Test
  void exactlyOneInitAndAtMostOneRemoval() {
    malformed("proposals", forge.withProposals(p -> List.of()));
    malformed("proposals", forge.withProposal(forge.commit().proposals().getFirst()));
    malformed(
        "kem_output", forge.withProposals(p -> List.of(new Proposal.ExternalInit(Bytes.EMPTY))));
    world.add(world.at(0), List.of(world.device(2), world.device(2)));
    var fresh = new Forge(world, joiner, joiner.external(world.groupInfo, 1).bundle());
    assertEquals(
        new CommitOutcome.ForbiddenProposal("remove"), fresh.withProposal(new Proposal.Remove(3)));
    malformed(
        "removed",
        new Forge(world, joiner, joiner.external(world.groupInfo, null).bundle())
            .withProposal(new Proposal.Remove(77)));
  }

  @Test
  void nothingElseIsProposed() {
    var other = Forge.keyPackage(world.device(7).deposit());
    assertEquals(
        new CommitOutcome.ForbiddenProposal("add"), forge.withProposal(new Proposal.Add(other)));
    assertEquals(
        new CommitOutcome.ForbiddenProposal("psk"),
        forge.withProposal(
            new Proposal.PreSharedKey(new PreSharedKeyId.External(Bytes.EMPTY, Bytes.EMPTY))));
    assertEquals(
        new CommitOutcome.ForbiddenProposal("by_reference"),
        forge.withProposal(new ProposalOrRef.Reference(Bytes.EMPTY)));
  }

  @Test
  void onlyALeafOfTheOwnAccountIsRemoved() {
    assertEquals(
        new CommitOutcome.NotAllowed(Reason.EXTERNAL_REMOVE_OF_OTHER_ACCOUNT),
        world.judge(joiner, joiner.external(world.groupInfo, 2).bundle()));
    var outcome = world.accepted(joiner, joiner.external(world.groupInfo, 1));
    assertEquals(1, outcome.removed().size());
    assertEquals(Set.of(), outcome.removedAccounts());
  }

  @Test
  void aPathIsNeededAndSigned() {
    assertEquals(new CommitOutcome.PathRequired(), forge.withPath(null));
    var leaf = forge.path().leafNode();
    assertEquals(
        new CommitOutcome.BadSignature("leaf_node"),
        forge.withPathLeaf(Forge.withSignature(leaf, Forge.flipped(leaf.signature()))));
    malformed("path", forge.withPathNodes(nodes -> nodes.subList(0, 1)));
  }

  @Test
  void theCommitIsSignedByTheKeyItBrings() {
    var honest = forge.message();
    assertEquals(
        new CommitOutcome.BadSignature("commit"),
        forge.withCommitBytes(
            new PublicMessage(
                    honest.content(),
                    Forge.flipped(honest.signature()),
                    honest.confirmationTag(),
                    null)
                .encode()));
  }

  @Test
  void aForeignIdentityIsRefused() {
    var leaf = forge.path().leafNode();
    var foreign = new ClientIdentity(joiner.member, "elsewhere.test").toCredential();
    malformed("identity", forge.withPathLeaf(Forge.withCredential(leaf, foreign)));
  }

  @Test
  void itWaitsItsTurn() {
    var late = joiner.external(world.groupInfo, null);
    world.accepted(world.at(0), world.at(0).commit(List.of(), List.of()));
    assertEquals(new CommitOutcome.StaleEpoch(2), world.judge(joiner, late.bundle()));
  }
}
