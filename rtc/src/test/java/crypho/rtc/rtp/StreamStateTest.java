package crypho.rtc.rtp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.util.HashMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// Sequence numbers, the ring, requests for packets and key frames.
final class StreamStateTest {
  private static final long MS = 1_000_000;

  @Test
  void numbersWrap() {
    assertEquals(2, SeqNo.distance16(0xffff, 1));
    assertEquals(-2, SeqNo.distance16(1, 0xffff));
    assertEquals(2, SeqNo.distance15(0x7fff, 1));
    assertEquals(-1, SeqNo.distance15(0, 0x7fff));
    assertTrue(SeqNo.isNewer16(0, 0xffff));
    assertFalse(SeqNo.isNewer16(0x8000, 0));
    assertTrue(SeqNo.isNewer32(Integer.MIN_VALUE, Integer.MAX_VALUE));
    assertEquals(0x1_0000, SeqNo.extend16(0, 0xffff));
    assertEquals(0xfffe, SeqNo.extend16(0xfffe, 0x1_0003));
  }

  @Seeded
  void extensionFindsTheNearest(Gen gen) {
    var bits = gen.intBetween(7, 33);
    var near = SeqNo.START + gen.intBetween(0, 1_000_000);
    var range = 1L << (bits - 1);
    var value = near + Math.floorMod(gen.anyLong(), 2 * range - 1) - range + 1;
    assertEquals(value, SeqNo.extend((int) value & (int) ((1L << bits) - 1), bits, near));
  }

  /// Against a map that keeps everything: what the ring gives is right, and what it must still have
  /// (young enough, within slots and arena) it gives.
  @Seeded
  void theRingGivesWhatWasPutInUntilOverwritten(Gen gen) {
    var slots = 16 << gen.below(4);
    var arenaMax = (16 * 1024) << gen.below(3);
    var ring = new PacketRing(slots, arenaMax);
    var stored = new HashMap<Long, byte[]>();
    var sequence = SeqNo.START + gen.below(65_536);
    var now = 0L;
    for (var i = 0; i < 400; i++) {
      now += gen.below(20) * MS;
      sequence += gen.chance(0.1) ? gen.below(5) : 1;
      var number = gen.chance(0.1) ? sequence - gen.below(2 * slots) : sequence;
      var packet = gen.bytes(gen.intBetween(1, PacketRing.PACKET_LENGTH_MAX));
      var at = ring.reserve(packet.length, now);
      System.arraycopy(packet, 0, ring.data(), at, packet.length);
      if (gen.chance(0.05)) {
        continue; // did not authenticate
      }
      var entry = ring.commit(number, packet.length, now);
      if (entry >= 0) {
        assertEquals(number, ring.extend(SeqNo.wire16(number)));
        stored.put(number, packet);
        assertEquals(entry, ring.find(number));
      } else if (entry == PacketRing.DUPLICATE) {
        assertTrue(stored.containsKey(number));
      }
      stored.forEach((known, octets) -> same(ring, known, octets));
    }
    assertTrue(ring.arenaBytes() <= arenaMax);
    assertEquals(PacketRing.UNKNOWN, ring.find(ring.newest() + 1));
    assertEquals(PacketRing.OVERWRITTEN, ring.find(ring.newest() - 2L * slots));
  }

  private static void same(PacketRing ring, long known, byte[] octets) {
    var entry = ring.find(known);
    if (entry < 0) {
      return;
    }
    assertEquals(octets.length, ring.length(entry));
    for (var i = 0; i < octets.length; i += 97) {
      assertEquals(octets[i], ring.data()[ring.offset(entry) + i]);
    }
  }

  @Test
  void theArenaGrowsToASecondOfTheStreamAndNoFurther() {
    var ring = new PacketRing(1024, 1 << 20);
    var now = 0L;
    for (var i = 0L; i < 2_000; i++) {
      now += 10 * MS;
      ring.reserve(1_000, now);
      ring.commit(SeqNo.START + i, 1_000, now);
      if (i > 500) {
        assertTrue(ring.find(SeqNo.START + i - 99) >= 0, "99 packets ago is 990 ms ago");
      }
    }
    assertEquals(128 * 1024, ring.arenaBytes());
  }

  /// Packets are lost, reordered and come late; what is asked for is exactly what is missing, no
  /// number more often than allowed, and all that is answered is complete in the end.
  @Seeded
  void missingPacketsAreAskedForUntilTheyCome(Gen gen) {
    var nacks = new NackGenerator();
    var missing = new TreeSet<Long>();
    var asked = new HashMap<Integer, Integer>();
    var out = new int[64];
    var now = 0L;
    var sequence = SeqNo.START + 65_400;
    nacks.onPacket(sequence, now);
    for (var i = 0; i < 300; i++) {
      now += 5 * MS;
      sequence++;
      if (gen.chance(0.1)) {
        missing.add(sequence);
      } else {
        assertFalse(nacks.onPacket(sequence, now));
      }
      var count = nacks.poll(now, 30 * MS, out);
      for (var n = 0; n < count; n++) {
        var number = SeqNo.extend16(out[n], sequence);
        assertTrue(missing.contains(number), "asked for what is here");
        asked.merge(out[n], 1, Integer::sum);
        if (gen.chance(0.5)) {
          assertTrue(nacks.onPacket(number, now));
          missing.remove(number);
        }
      }
    }
    asked.values().forEach(times -> assertTrue(times <= NackGenerator.TRIES_MAX));
    for (var number : missing) {
      nacks.onPacket(number, now);
    }
    nacks.onPacket(sequence + 1, now);
    for (var i = 0; i < 2_000 && nacks.deadlineNanos() != Long.MAX_VALUE; i++) {
      now += 5 * MS;
      nacks.poll(now, 30 * MS, out);
    }
    assertTrue(nacks.missingCount() <= 1, "only what trails the last packet");
  }

  @Test
  void unansweredRequestsEndAndAskForAKeyFrame() {
    var nacks = new NackGenerator();
    var out = new int[8];
    nacks.onPacket(SeqNo.START, 0);
    nacks.onPacket(SeqNo.START + 2, 0);
    assertEquals(0, nacks.poll(0, 0, out), "reordering is waited for");
    var requests = 0;
    while (nacks.deadlineNanos() != Long.MAX_VALUE) {
      var now = nacks.deadlineNanos();
      assertFalse(nacks.takeKeyFrameWish());
      requests += nacks.poll(now, 0, out);
      if (nacks.missingCount() == 0) {
        break;
      }
    }
    assertEquals(NackGenerator.TRIES_MAX, requests);
    assertTrue(nacks.takeKeyFrameWish());
    assertFalse(nacks.takeKeyFrameWish());
    assertEquals(1, nacks.givenUp());
  }

  @Test
  void aJumpTooFarIsGivenUpAtOnce() {
    var nacks = new NackGenerator();
    nacks.onPacket(SeqNo.START, 0);
    nacks.onPacket(SeqNo.START + 5_000, 0);
    assertEquals(0, nacks.missingCount());
    assertTrue(nacks.takeKeyFrameWish());
  }

  @Test
  void keyFramesAreAskedForOnceUntilTheyComeOrTimePasses() {
    var requester = new KeyFrameRequester();
    assertFalse(requester.poll(0));
    requester.request();
    assertTrue(requester.poll(0));
    requester.request();
    assertFalse(requester.poll(100 * MS));
    requester.onKeyFrame();
    requester.request();
    assertFalse(requester.poll(200 * MS), "within the interval");
    assertEquals(500 * MS, requester.deadlineNanos());
    assertTrue(requester.poll(500 * MS));
    var tries = 1;
    while (requester.deadlineNanos() != Long.MAX_VALUE && tries < 100) {
      var now = requester.deadlineNanos();
      if (requester.poll(now)) {
        tries++;
      } else if (requester.deadlineNanos() == now) {
        break;
      }
    }
    assertEquals(KeyFrameRequester.TRIES_MAX, tries);
    assertEquals(KeyFrameRequester.TRIES_MAX + 1, requester.firSequenceNumber());
  }
}
