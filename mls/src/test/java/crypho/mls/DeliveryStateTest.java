package crypho.mls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import crypho.base.DeviceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The state in its one column, small and at the limit.
final class DeliveryStateTest {
  @Test
  void itIsReadBackAsItWas() throws DecodeException {
    var world = World.of(2, 3);
    var state = world.state().withPendingRemoval(world.at(2).member.account());
    var again = DeliveryState.decode(state.encode());
    assertEquals(state, again);
    assertEquals(state.roster(), again.roster());
    assertEquals(state.pendingRemovals(), again.pendingRemovals());
    assertEquals("DeliveryState[epoch 1, 3 leaves]", again.toString());
  }

  @Test
  void aReadBackStateJudgesLikeTheFirst() throws DecodeException {
    var world = World.of(2, 3);
    world.state = DeliveryState.decode(world.state().encode());
    world.accepted(world.at(1), world.at(1).commit(List.of(), List.of(2)));
    assertEquals(2, world.state().roster().size());
  }

  @Test
  void anotherFormatAndTrailingBytesAreRefused() {
    var stored = World.of(2).state().encode();
    assertThrows(
        DecodeException.class,
        () -> DeliveryState.decode(Writer.bytes(out -> out.raw(stored).u8(0))));
    var bytes = stored.toArray();
    bytes[0] = 9;
    assertThrows(DecodeException.class, () -> DeliveryState.decode(Bytes.wrap(bytes)));
  }

  @Test
  void devicesWithoutALeafAreNotPending() {
    var state = World.of(2).state();
    var stranger = new DeviceId("ffffffffffffffff");
    assertFalse(state.withPendingRemovals(List.of(stranger)).messagesAreBlocked());
    assertNull(state.leafOf(stranger));
    assertEquals(Set.of(BcDevice.account(1), BcDevice.account(2)), state.accounts());
  }

  /// Leaves are not signed again once they are in the state, so copies with other names make a
  /// group of any size.
  static DeliveryState crowded(World world, int leaves) throws DecodeException {
    var device = world.at(0);
    var own = world.state().tree().leaf(0);
    if (own == null) {
      throw new AssertionError("no leaf");
    }
    var more = new ArrayList<LeafNode>();
    for (var i = 1; i < leaves; i++) {
      var number = i;
      var key = Suite.hash(Writer.bytes(out -> out.u32(number)));
      var name =
          new ClientIdentity(
              new MemberId(
                  BcDevice.account(1000 + i), new DeviceId("d%015x".formatted(0x10_0000 + i))),
              BcDevice.DOMAIN);
      more.add(Forge.withCredential(Forge.withKeys(own, key, key), name.toCredential()));
    }
    var tree = world.state().tree().with(more).tree();
    var was = world.state().context();
    var context =
        new GroupContext(1, 1, was.groupId(), was.epoch(), tree.treeHash(), Bytes.EMPTY, List.of());
    assertEquals(leaves, tree.memberCount());
    assertTrue(world.isRegistered(device.member, device.signatureKey()));
    return DeliveryState.of(context, world.state().interimTranscriptHash(), tree, List.of());
  }

  @Test
  void aThousandDevicesFitAndAreReadQuickly() throws DecodeException {
    var state = crowded(World.created(), MlsLimits.LEAVES_MAX);
    var stored = state.encode();
    assertTrue(stored.size() < MlsLimits.STATE_BYTES_MAX / 2, () -> stored.size() + " bytes");
    var started = System.nanoTime();
    assertEquals(state.roster(), DeliveryState.decode(stored).roster());
    var took = Duration.ofNanos(System.nanoTime() - started);
    assertTrue(took.compareTo(Duration.ofSeconds(2)) < 0, took::toString);
  }

  @Test
  void aThousandAndOneAreRefused() throws DecodeException {
    var world = World.created();
    world.state = crowded(world, MlsLimits.LEAVES_MAX);
    var committer = world.at(0);
    var newcomer = world.device(7);
    var bundle = committer.commit(List.of(newcomer.deposit()), List.of()).bundle();
    assertEquals(
        new CommitOutcome.GroupTooLarge(MlsLimits.LEAVES_MAX), world.judge(committer, bundle));
    var joiner = world.device(1);
    var external = joiner.external(world.groupInfo, null).bundle();
    assertInstanceOf(
        CommitOutcome.GroupTooLarge.class,
        new Forge(world, joiner, external).withProposals(p -> p));
  }
}
