package crypho.mls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.bouncycastle.mls.TreeKEM.LeafIndex;

/// BouncyCastle's groups under our rules: what a correct client does is accepted, and both sides
/// have the same tree after each step.
final class InteropTest {
  @Seeded(tries = 12)
  void randomHistoriesAreAcceptedAndGiveTheSameTree(Gen gen) throws DecodeException {
    var world = World.created();
    var steps = 6 + gen.size() / 5;
    for (var step = 0; step < steps; step++) {
      var committer = gen.oneOf(world.members());
      switch (gen.below(5)) {
        case 0, 1 -> add(world, committer, gen);
        case 2 -> remove(world, committer, gen);
        case 3 -> update(world, committer);
        default -> external(world, gen);
      }
      checkAgreement(world);
    }
  }

  /// BouncyCastle fails on the empty path of a group of one.
  private static void update(World world, BcDevice committer) {
    if (world.members().size() > 1) {
      world.accepted(committer, committer.commit(List.of(), List.of()));
    }
  }

  private static void add(World world, BcDevice committer, Gen gen) {
    var newcomers = new ArrayList<BcDevice>();
    for (var i = gen.intBetween(1, 5); i > 0; i--) {
      newcomers.add(world.device(gen.intBetween(1, 12)));
    }
    var outcome = world.add(committer, newcomers);
    assertEquals(
        newcomers.stream().map(d -> d.member).toList(),
        outcome.added().stream()
            .map(a -> a.leaf().member())
            .sorted((a, b) -> a.device().hex().compareTo(b.device().hex()))
            .toList());
  }

  /// Removes a whole account other than the committer's, with or without somebody new in its place.
  private static void remove(World world, BcDevice committer, Gen gen) {
    var victim = gen.oneOf(world.members()).member.account();
    if (victim.equals(committer.member.account())) {
      return;
    }
    var gone = new ArrayList<Integer>();
    for (var leaf : world.state().roster()) {
      if (leaf.member().account().equals(victim)) {
        gone.add(leaf.leafIndex());
      }
    }
    if (gen.chance(0.5)) {
      var outcome = world.accepted(committer, committer.commit(List.of(), gone));
      assertTrue(outcome.removedAccounts().contains(victim));
      return;
    }
    var newcomer = world.device(gen.intBetween(20, 30));
    var deposit = newcomer.deposit();
    var made = committer.commit(List.of(deposit), gone);
    world.accepted(committer, made);
    newcomer.join(Objects.requireNonNull(made.bundle().welcome()), deposit);
  }

  /// A new device of a member, or one that lost its state and comes back.
  private static void external(World world, Gen gen) {
    var known = gen.oneOf(world.members());
    if (gen.chance(0.5)) {
      var device = world.device(known.member.account().value().getLeastSignificantBits());
      var made = device.external(world.groupInfo, null);
      assertTrue(world.accepted(device, made).isExternal());
      return;
    }
    var before = world.state().roster().size();
    var prior = world.place(known);
    // BouncyCastle compares the new leaf with the tree before the removal, and so refuses a device
    // that comes back at another place (RFC 9420 §12.4.2 means the tree after it).
    if (before == 1 || prior >= before || world.state().roster().get(prior).leafIndex() != prior) {
      return;
    }
    known.group = null;
    var made = known.external(world.groupInfo, prior);
    world.accepted(known, made);
    assertEquals(before, world.state().roster().size());
  }

  private static void checkAgreement(World world) throws DecodeException {
    var state = world.state();
    for (var member : world.members()) {
      var group = member.joined();
      assertEquals(state.epoch(), group.getEpoch());
      assertEquals(
          state.tree().treeHash(), Bytes.wrap(BcDevice.tried(() -> group.getTree().getRootHash())));
      assertArrayEquals(
          world.members().getFirst().joined().getEpochAuthenticator(),
          group.getEpochAuthenticator());
    }
    var tree = world.members().getFirst().joined().getTree();
    for (var leaf : state.roster()) {
      assertArrayEquals(
          leaf.signatureKey().toArray(),
          tree.getLeafNode(new LeafIndex(leaf.leafIndex())).getSignatureKey());
    }
    assertNull(TreeRules.defect(state.tree(), state.context().groupId()));
    assertEquals(state, DeliveryState.decode(state.encode()));
    assertEquals(state.encode(), DeliveryState.decode(state.encode()).encode());
  }
}
