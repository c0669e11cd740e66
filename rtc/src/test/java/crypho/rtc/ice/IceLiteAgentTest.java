package crypho.rtc.ice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunWriter;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

final class IceLiteAgentTest {
  private static final FiveTuple A = IceWorld.path(1, 1000);
  private static final FiveTuple B = IceWorld.path(2, 2000);
  private static final FiveTuple C = IceWorld.path(3, 3000);
  private static final int LOW = 100;
  private static final int HIGH = 200;

  private final IceWorld world = new IceWorld();
  private final IceLiteAgent agent = world.agent;

  @Test
  void checkIsAnsweredWithTheAddressThatItCameFrom() {
    assertEquals(IceLiteAgent.OK, world.plain(A, LOW));
    var answer = world.answer();
    assertEquals(Stun.SUCCESS, answer.messageClass());
    assertEquals(A.remote(), answer.xorAddressAt(answer.valueOffset(Attribute.XOR_MAPPED_ADDRESS)));
    assertTrue(answer.verify(IntegrityKey.shortTerm(agent.local().password())));
    assertTrue(answer.hasValidFingerprint());
    assertSame(A, agent.selected());
    assertEquals(
        List.of(new IceEvent.PathAdded(A), new IceEvent.PathSelected(A, false)), world.events);
  }

  @Test
  void ipv6AndTcpPathsAreAnsweredAlike() {
    for (var path :
        List.of(
            IceWorld.path(Protocol.UDP, "2001:db8::7", 9),
            IceWorld.path(Protocol.TCP, "198.51.100.7", 9))) {
      world.plain(path, LOW);
      var answer = world.answer();
      assertEquals(
          path.remote(), answer.xorAddressAt(answer.valueOffset(Attribute.XOR_MAPPED_ADDRESS)));
    }
  }

  @Test
  void regularNominationMovesAtOnceAlsoToAWorsePath() {
    world.plain(A, HIGH);
    world.nominate(A, HIGH);
    assertSame(A, agent.selected());
    world.plain(B, LOW);
    assertSame(A, agent.selected());
    world.nominate(B, LOW);
    assertSame(B, agent.selected());
    assertEquals(new IceEvent.PathSelected(B, true), world.events.getLast());
  }

  @Test
  void aggressiveNominationKeepsTheHighestPriority() {
    world.nominate(A, LOW);
    world.nominate(B, HIGH);
    assertSame(B, agent.selected());
    world.nominate(A, LOW);
    world.nominate(C, LOW);
    assertSame(B, agent.selected());
    world.pass(1_001);
    world.nominate(C, LOW);
    assertSame(C, agent.selected(), "the better path has been silent");
  }

  @Test
  void nominationRepeatedSaysNothingNew() {
    world.nominate(A, LOW);
    int before = world.events.size();
    world.nominate(A, LOW);
    world.plain(A, LOW);
    assertEquals(before, world.events.size());
  }

  @Test
  void consentEndsThirtySecondsAfterTheLastCheck() {
    world.nominate(A, LOW);
    world.pass(20_000);
    world.plain(A, LOW);
    world.pass(29_999);
    assertSame(A, agent.selected());
    world.pass(1);
    assertNull(agent.selected());
    assertTrue(world.events.contains(new IceEvent.ConsentLost()));
    assertTrue(world.known.isEmpty());
    assertEquals(Long.MAX_VALUE, agent.deadlineNanos());
    world.plain(B, LOW);
    assertSame(B, agent.selected(), "the client is back");
  }

  @Test
  void checksOnOtherPathsDoNotRenewConsentOnTheSelected() {
    world.nominate(A, HIGH);
    for (int i = 0; i < 30; i++) {
      world.plain(B, LOW);
      world.pass(1_000);
    }
    assertNull(agent.selected());
    assertFalse(world.known.contains(A));
    assertTrue(world.known.contains(B));
  }

  @Test
  void restartKeepsTheOldPathUntilTheNewIsNominated() {
    var old = agent.local();
    world.plain(A, LOW);
    world.nominate(A, LOW);
    world.restart(IceWorld.credentials("next", 'n'));
    assertEquals(IceLiteAgent.OK, world.plain(A, LOW, old));
    world.plain(B, LOW);
    assertSame(A, agent.selected());
    world.nominate(B, LOW);
    assertSame(B, agent.selected());
    assertFalse(world.known.contains(A));
    assertEquals(new IceEvent.UfragRetired("ours"), world.events.getLast());
    assertEquals(1, world.plain(A, LOW, old), "nobody of that name");
    assertSame(B, agent.selected());
  }

  @Test
  void restartOnTheSamePathKeepsIt() {
    world.nominate(A, LOW);
    world.restart(IceWorld.credentials("next", 'n'));
    world.plain(A, LOW);
    world.nominate(A, LOW);
    assertSame(A, agent.selected());
    assertTrue(world.known.contains(A));
    assertEquals(new IceEvent.UfragRetired("ours"), world.events.getLast());
  }

  @Test
  void restartThatNobodyTookIsForgottenByTheNext() {
    world.nominate(A, LOW);
    world.restart(IceWorld.credentials("second", 'n'));
    world.restart(IceWorld.credentials("third", 'n'));
    assertEquals(new IceEvent.UfragRetired("second"), world.events.getLast());
    assertEquals(IceLiteAgent.OK, world.nominate(B, LOW));
    assertEquals(1, world.table.size());
  }

  @Test
  void clientThatClaimsToBeControlledIsToldOfTheConflict() {
    var check =
        IceWorld.check(
            1,
            agent.local(),
            w -> w.int32(Attribute.PRIORITY, 1).int64(Attribute.ICE_CONTROLLED, -1));
    assertEquals(IceLiteAgent.ROLE_CONFLICT, world.packet(A, check));
    assertEquals(487, world.answer().errorCode());
    assertTrue(world.answer().verify(IntegrityKey.shortTerm(agent.local().password())));
    assertNull(agent.selected());
  }

  @Test
  void attributesThatMustBeUnderstoodAreNamedToWhoIsAuthenticated() {
    var check = IceWorld.check(1, agent.local(), w -> w.int32(0x7abc, 1).int32(0xc057, 1));
    assertEquals(IceLiteAgent.UNKNOWN_ATTRIBUTE, world.packet(A, check));
    assertEquals(420, world.answer().errorCode());
    assertEquals(2, world.answer().valueLength(Attribute.UNKNOWN_ATTRIBUTES));
    assertTrue(world.known.isEmpty());
  }

  @Test
  void wrongPasswordsAreRefusedAndChangeNothing() {
    world.nominate(A, LOW);
    int before = world.events.size();
    var forged = IceWorld.check(9, IceWorld.credentials("ours", 'x'), IceWorld.controlling(HIGH));
    assertEquals(IceLiteAgent.UNAUTHENTICATED, world.packet(B, forged));
    assertEquals(401, world.answer().errorCode());
    assertTrue(world.sent.getLast().packet().size() <= forged.length);
    assertFalse(world.answer().hasIntegrity());
    assertEquals(before, world.events.size());
  }

  @Test
  void everyBitOfACheckIsProtected() {
    var check = IceWorld.check(9, agent.local(), IceWorld.controlling(HIGH));
    for (int bit = 0; bit < 8 * check.length; bit++) {
      var changed = check.clone();
      changed[bit / 8] ^= (byte) (1 << (bit & 7));
      world.packet(A, changed);
      if (bit / 8 < check.length - 8) {
        world.packet(A, refingerprinted(changed));
      }
      assertTrue(world.known.isEmpty(), "bit " + bit);
    }
  }

  /// The same message with a FINGERPRINT that fits, as an attacker would make it.
  private static byte[] refingerprinted(byte[] message) {
    var out = message.clone();
    var crc = new CRC32();
    crc.update(out, 0, message.length - 8);
    int value = (int) crc.getValue() ^ 0x5354554e;
    for (int i = 0; i < 4; i++) {
      out[message.length - 4 + i] = (byte) (value >> (24 - 8 * i));
    }
    return out;
  }

  @Test
  void unknownFragmentsAndBareRequestsGetNothing() {
    var stranger = IceWorld.check(9, IceWorld.credentials("else", 'p'), IceWorld.controlling(1));
    assertEquals(1, world.packet(A, stranger));
    var out = new byte[100];
    int length =
        new StunWriter()
            .begin(out, 0, Stun.type(Stun.BINDING, Stun.REQUEST), new byte[12], 0)
            .fingerprint()
            .length();
    assertEquals(1, world.packet(A, Arrays.copyOf(out, length)));
    assertTrue(world.sent.isEmpty());
  }

  @Test
  void incompleteRequestsAreRefused() {
    var out = new byte[100];
    int length = IceWorld.begin(out, 1, "ours:them").fingerprint().length();
    assertEquals(IceLiteAgent.INCOMPLETE, world.packet(A, Arrays.copyOf(out, length)));
    assertEquals(400, world.answer().errorCode());
    var bare = IceWorld.check(1, agent.local(), w -> {});
    assertEquals(IceLiteAgent.INCOMPLETE, world.packet(A, bare));
    assertEquals(400, world.answer().errorCode());
    assertTrue(world.known.isEmpty());
  }

  @Test
  void packetsThatAreNoChecksAreDropped() {
    var large = IceWorld.check(1, agent.local(), w -> w.bytes(Attribute.SOFTWARE, new byte[600]));
    assertEquals(IceLiteAgent.NOT_A_CHECK, world.packet(A, large));
    var check = IceWorld.check(1, agent.local(), IceWorld.controlling(1));
    var unmarked = Arrays.copyOf(check, check.length - 8);
    unmarked[3] = (byte) (unmarked[3] - 8);
    assertEquals(IceLiteAgent.NOT_A_CHECK, world.packet(A, unmarked));
    check[1] = 0x11;
    assertEquals(IceLiteAgent.NOT_A_REQUEST, world.packet(A, check));
    assertTrue(world.sent.isEmpty());
  }

  @Test
  void remoteFragmentIsHeldToWhereItIsKnown() {
    agent.setRemoteUfrag("other");
    assertEquals(IceLiteAgent.UNAUTHENTICATED, world.plain(A, LOW));
    agent.setRemoteUfrag(IceWorld.REMOTE_UFRAG);
    assertEquals(IceLiteAgent.OK, world.plain(A, LOW));
  }

  @Test
  void pathsAreBoundedAndTheSelectedStays() {
    world.nominate(A, HIGH);
    for (int i = 0; i < 100; i++) {
      world.pass(1);
      world.plain(IceWorld.path(9, 5000 + i), LOW);
    }
    assertEquals(IceLiteAgent.PATHS_MAX, world.known.size());
    assertSame(A, agent.selected());
    assertTrue(world.known.contains(IceWorld.path(9, 5099)));
  }

  @Test
  void connectionThatEndsHandsOverOrLosesConsent() {
    world.nominate(A, HIGH);
    world.plain(B, LOW);
    agent.onPathClosed(world.now, A, world);
    assertSame(B, agent.selected());
    agent.onPathClosed(world.now, A, world);
    agent.onPathClosed(world.now, B, world);
    assertNull(agent.selected());
    assertEquals(new IceEvent.ConsentLost(), world.events.getLast());
  }

  /// Somebody on the way sends a captured nomination again, from an address of theirs.
  @Test
  void checkThatWasSeenOnAnotherPathIsDropped() {
    var nomination =
        IceWorld.check(
            900,
            agent.local(),
            w -> IceWorld.controlling(HIGH).accept(w.flag(Attribute.USE_CANDIDATE)));
    world.packet(A, nomination);
    assertEquals(IceLiteAgent.OK, world.packet(A, nomination), "a retransmission");
    world.plain(A, HIGH);
    int before = world.sent.size();
    assertEquals(IceLiteAgent.REPLAYED, world.packet(B, nomination));
    for (int i = 0; i < SeenTransactions.MAX - 2; i++) {
      world.plain(A, HIGH);
    }
    assertEquals(IceLiteAgent.REPLAYED, world.packet(B, nomination));
    assertSame(A, agent.selected());
    assertFalse(world.known.contains(B));
    assertEquals(before + SeenTransactions.MAX - 2, world.sent.size());
  }

  @Test
  void sha256IsAnsweredWithSha256() {
    var out = new byte[300];
    var writer = IceWorld.begin(out, 1, "ours:them");
    IceWorld.controlling(LOW).accept(writer);
    var key = IntegrityKey.shortTerm(agent.local().password());
    int length = writer.integrity(key, true).fingerprint().length();
    assertEquals(IceLiteAgent.OK, world.packet(A, Arrays.copyOf(out, length)));
    assertTrue(world.answer().has(Attribute.MESSAGE_INTEGRITY_SHA256));
    assertTrue(world.answer().verify(key));
  }
}
