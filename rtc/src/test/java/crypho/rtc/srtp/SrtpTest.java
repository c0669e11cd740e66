package crypho.rtc.srtp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SrtpTest {
  private static final int SSRC = 0xcafebabe;

  private final byte[] out = new byte[2_000];
  private final byte[] back = new byte[2_000];

  private static SrtpKeys[] pair(SrtpProfile profile, Gen gen) {
    var exported = gen.bytes(profile.keyingMaterialBytes());
    return new SrtpKeys[] {
      SrtpKeys.split(profile, exported, true), SrtpKeys.split(profile, exported, false)
    };
  }

  private static SrtpKeys[] pair(SrtpProfile profile) {
    return pair(profile, new Gen(7, 1));
  }

  static byte[] rtp(int ssrc, int sequenceNumber, int payload) {
    var packet = new byte[12 + payload];
    packet[0] = (byte) 0x80;
    packet[1] = 96;
    packet[2] = (byte) (sequenceNumber >> 8);
    packet[3] = (byte) sequenceNumber;
    BigEndian.putInt(packet, 8, ssrc);
    for (var i = 12; i < packet.length; i++) {
      packet[i] = (byte) (sequenceNumber + i);
    }
    return packet;
  }

  static byte[] rtcp(int ssrc) {
    var packet = new byte[28];
    packet[0] = (byte) 0x80;
    packet[1] = (byte) 200;
    packet[3] = 6;
    BigEndian.putInt(packet, 4, ssrc);
    return packet;
  }

  private byte[] protect(SrtpSender sender, byte[] packet) {
    var length = sender.protect(packet, 0, packet.length, out, 0);
    assertTrue(length > 0, () -> "verdict " + length);
    return Arrays.copyOf(out, length);
  }

  private int unprotect(SrtpReceiver receiver, byte[] packet) {
    return receiver.unprotect(packet, 0, packet.length, back, 0);
  }

  /// A stream of several SSRCs through loss, duplication and reordering, past rollovers: what comes
  /// out went in, and comes out once.
  @Seeded(tries = 60)
  void whatArrivesWentInAndArrivesOnce(Gen gen) {
    var profile = gen.oneOf(List.of(SrtpProfile.values()));
    var keys = pair(profile, gen);
    var sender = new SrtpSender(keys[0]);
    var receiver = new SrtpReceiver(keys[1]);
    Map<Integer, Integer> next = new HashMap<>();
    var wire = new ArrayList<byte[]>();
    var plain = new HashMap<String, byte[]>();
    var delivered = new HashSet<String>();
    for (var step = 0; step < 40 * gen.size(); step++) {
      var ssrc = gen.below(3);
      var sequenceNumber = next.getOrDefault(ssrc, gen.intBetween(64_000, 65_400));
      next.put(
          ssrc, sequenceNumber + (step > 200 && gen.chance(0.01) ? gen.intBetween(1, 2_000) : 1));
      var packet = rtp(ssrc, sequenceNumber & 0xffff, gen.below(40));
      var sealed = protect(sender, packet);
      plain.put(Arrays.toString(sealed), packet);
      if (gen.chance(0.95)) {
        wire.add(sealed);
      }
      if (gen.chance(0.05)) {
        wire.add(sealed);
      }
      while (wire.size() > gen.intBetween(1, 20)) {
        var arrived = wire.remove(gen.below(wire.size()));
        var name = Arrays.toString(arrived);
        var length = unprotect(receiver, arrived);
        if (length < 0) {
          assertTrue(
              length == SrtpVerdict.TOO_OLD
                  || (length == SrtpVerdict.REPLAYED && delivered.contains(name)),
              () -> "verdict " + length);
        } else {
          assertTrue(delivered.add(name));
          assertArrayEquals(plain.get(name), Arrays.copyOf(back, length));
        }
      }
    }
    assertTrue(delivered.size() > 0);
  }

  /// The window against a model that remembers all.
  @Seeded(tries = 100)
  void theWindowForgetsNothing(Gen gen) {
    long highest = gen.intBetween(0, 70_000);
    var window = new ReplayWindow(highest);
    var seen = new HashSet<Long>();
    seen.add(highest);
    for (var step = 0; step < 500; step++) {
      var jump = gen.chance(0.1) ? gen.below(5_000) : gen.below(40);
      var index = Math.max(0, gen.chance(0.5) ? highest + jump : highest - jump);
      var expected =
          highest - index >= ReplayWindow.WINDOW
              ? SrtpVerdict.TOO_OLD
              : seen.contains(index) ? SrtpVerdict.REPLAYED : 0;
      assertEquals(expected, window.check(index));
      if (expected == 0) {
        window.mark(index);
        seen.add(index);
        highest = Math.max(highest, index);
      }
      assertEquals(highest, window.highest());
      var near = Math.max(0, highest + gen.intBetween(-0x7fff, 0x7fff));
      assertEquals(near, window.estimate((int) near & 0xffff));
    }
    assertTrue(ReplayWindow.WINDOW >= 1_024);
  }

  /// GCM must never see a nonce twice: not for the same packet, another payload, another header.
  @ParameterizedTest
  @EnumSource(SrtpProfile.class)
  void anIndexIsUsedOnce(SrtpProfile profile) {
    var sender = new SrtpSender(pair(profile)[0]);
    var first = rtp(SSRC, 5, 100);
    protect(sender, first);
    var changed = first.clone();
    changed[50] ^= 1;
    assertEquals(SrtpVerdict.REPLAYED, sender.protect(first, 0, first.length, out, 0));
    assertEquals(SrtpVerdict.REPLAYED, sender.protect(changed, 0, changed.length, out, 0));
    assertEquals(SrtpVerdict.REPLAYED, sender.protect(first, 0, 12, first, 12, 100, 5, out, 0));
    for (var i = 0; i < 3_000; i++) {
      protect(sender, rtp(SSRC, 6 + i, 1));
    }
    assertEquals(SrtpVerdict.TOO_OLD, sender.protect(first, 0, first.length, out, 0));
    assertEquals(SrtpVerdict.TOO_OLD, sender.protect(first, 0, 12, first, 12, 100, 5, out, 0));
  }

  @Test
  void aHeaderApartFromItsPayloadGivesTheSamePacket() {
    for (var profile : SrtpProfile.values()) {
      var keys = pair(profile);
      var packet = rtp(SSRC, 65_535, 1_000);
      var whole = protect(new SrtpSender(keys[0]), packet);
      var header = Arrays.copyOfRange(packet, 0, 12);
      var length =
          new SrtpSender(keys[0]).protect(header, 0, 12, packet, 12, 1_000, 65_535, out, 3);
      assertArrayEquals(whole, Arrays.copyOfRange(out, 3, 3 + length));
    }
  }

  @Test
  void anIndexThatIsNotTheHeadersIsRefused() {
    var sender = new SrtpSender(pair(SrtpProfile.AEAD_AES_128_GCM)[0]);
    var packet = rtp(SSRC, 5, 10);
    assertEquals(SrtpVerdict.MALFORMED, sender.protect(packet, 0, 12, packet, 12, 10, 6, out, 0));
    assertEquals(
        SrtpVerdict.KEY_EXHAUSTED,
        sender.protect(packet, 0, 12, packet, 12, 10, (1L << 48) + 5, out, 0));
    assertEquals(
        SrtpVerdict.TOO_OLD, sender.protect(packet, 0, 12, packet, 12, 10, -65_536L + 5, out, 0));
  }

  @ParameterizedTest
  @EnumSource(SrtpProfile.class)
  void csrcsAndExtensionsAreAuthenticatedAndNotEncrypted(SrtpProfile profile) {
    var keys = pair(profile);
    var packet = new byte[12 + 8 + 4 + 8 + 20];
    System.arraycopy(rtp(SSRC, 1, 0), 0, packet, 0, 12);
    packet[0] = (byte) 0x92;
    packet[20] = (byte) 0xbe;
    packet[21] = (byte) 0xde;
    packet[23] = 2;
    var sealed = protect(new SrtpSender(keys[0]), packet);
    assertArrayEquals(Arrays.copyOf(packet, 32), Arrays.copyOf(sealed, 32));
    assertFalse(Arrays.equals(packet, 32, 52, sealed, 32, 52));
    for (var i = 0; i < sealed.length; i++) {
      var changed = sealed.clone();
      changed[i] ^= 4;
      assertTrue(unprotect(new SrtpReceiver(keys[1]), changed) < 0, "byte " + i);
    }
    assertEquals(packet.length, unprotect(new SrtpReceiver(keys[1]), sealed));
    assertArrayEquals(packet, Arrays.copyOf(back, packet.length));
  }

  /// Without a tag that fits nothing is remembered, so that nobody can fill the table or move the
  /// rollover from outside.
  @ParameterizedTest
  @EnumSource(SrtpProfile.class)
  void whatIsNotAuthenticLeavesNothing(SrtpProfile profile) {
    var keys = pair(profile);
    var sender = new SrtpSender(keys[0]);
    var receiver = new SrtpReceiver(keys[1]);
    for (var i = 0; i < 2 * SrtpReceiver.SSRCS_MAX; i++) {
      assertEquals(SrtpVerdict.UNAUTHENTIC, unprotect(receiver, rtp(i, 1, 100)));
    }
    assertEquals(0, receiver.rtpSsrcs());
    assertEquals(2 * SrtpReceiver.SSRCS_MAX, receiver.refusals(SrtpVerdict.UNAUTHENTIC));
    var first = protect(sender, rtp(SSRC, 10, 100));
    assertEquals(112, unprotect(receiver, first));
    var jump = protect(sender, rtp(SSRC, 30_000, 100));
    jump[60] ^= 1;
    assertEquals(SrtpVerdict.UNAUTHENTIC, unprotect(receiver, jump));
    var second = protect(new SrtpSender(keys[0]), rtp(SSRC, 9, 100));
    assertEquals(112, unprotect(receiver, second));
    assertEquals(SrtpVerdict.REPLAYED, unprotect(receiver, second));
  }

  @Test
  void streamsAreCapped() {
    var keys = pair(SrtpProfile.AEAD_AES_128_GCM);
    var sender = new SrtpSender(keys[0]);
    var receiver = new SrtpReceiver(keys[1]);
    for (var i = 0; i < SrtpReceiver.SSRCS_MAX; i++) {
      assertEquals(22, unprotect(receiver, protect(sender, rtp(i << 16, 1, 10))));
    }
    var late = protect(sender, rtp(-1, 1, 10));
    assertEquals(SrtpVerdict.TOO_MANY_SSRCS, unprotect(receiver, late));
    assertEquals(22, unprotect(receiver, protect(sender, rtp(1 << 16, 2, 10))));
    for (var i = SrtpReceiver.SSRCS_MAX + 1; i < SrtpSender.SSRCS_MAX; i++) {
      protect(sender, rtp((i << 16) | 1, 1, 10));
    }
    var packet = rtp(-2, 1, 10);
    assertEquals(SrtpVerdict.TOO_MANY_SSRCS, sender.protect(packet, 0, packet.length, out, 0));
    protect(sender, rtp(1 << 16, 3, 10));
  }

  @ParameterizedTest
  @EnumSource(SrtpProfile.class)
  void rtcpIsCheckedAndReplayIsSeen(SrtpProfile profile) {
    var keys = pair(profile);
    var sender = new SrtpSender(keys[0]);
    var receiver = new SrtpReceiver(keys[1]);
    var report = rtcp(SSRC);
    var length = sender.protectRtcp(report, 0, report.length, out, 0);
    assertEquals(report.length + 4 + profile.tagBytes(), length);
    var sealed = Arrays.copyOf(out, length);
    for (var i = 0; i < length; i++) {
      var changed = sealed.clone();
      changed[i] ^= (byte) 0x80;
      assertTrue(receiver.unprotectRtcp(changed, 0, length, back, 0) < 0, "byte " + i);
    }
    assertEquals(report.length, receiver.unprotectRtcp(sealed, 0, length, back, 0));
    assertArrayEquals(report, Arrays.copyOf(back, report.length));
    assertEquals(SrtpVerdict.REPLAYED, receiver.unprotectRtcp(sealed, 0, length, back, 0));
    var again = sender.protectRtcp(report, 0, report.length, out, 0);
    assertFalse(Arrays.equals(sealed, Arrays.copyOf(out, again)));
  }

  @Test
  void theLastRtcpIndexIsTheLast() {
    var keys = pair(SrtpProfile.AEAD_AES_128_GCM)[0];
    var transform = PacketTransform.of(keys.profile(), keys.sendKey(), keys.sendSalt(), true);
    var sender = new SrtpSender(keys.profile(), transform, transform, Integer.MAX_VALUE);
    var report = rtcp(SSRC);
    assertTrue(sender.protectRtcp(report, 0, report.length, out, 0) > 0);
    assertEquals(SrtpVerdict.KEY_EXHAUSTED, sender.protectRtcp(report, 0, report.length, out, 0));
  }

  @ParameterizedTest
  @EnumSource(SrtpProfile.class)
  void theRefusedShapes(SrtpProfile profile) {
    var keys = pair(profile);
    var sender = new SrtpSender(keys[0]);
    var receiver = new SrtpReceiver(keys[1]);
    var sealed = protect(sender, rtp(SSRC, 1, 30));
    for (var length = 0; length < 12 + profile.tagBytes(); length++) {
      assertEquals(SrtpVerdict.MALFORMED, receiver.unprotect(sealed, 0, length, back, 0));
      assertTrue(receiver.unprotectRtcp(sealed, 0, length, back, 0) < 0);
    }
    var versionOne = sealed.clone();
    versionOne[0] = 0x40;
    assertEquals(SrtpVerdict.MALFORMED, unprotect(receiver, versionOne));
    var manyCsrcs = sealed.clone();
    manyCsrcs[0] = (byte) 0x8f;
    assertEquals(SrtpVerdict.MALFORMED, unprotect(receiver, manyCsrcs));
    var longExtension = sealed.clone();
    longExtension[0] = (byte) 0x90;
    longExtension[14] = (byte) 0xff;
    assertEquals(SrtpVerdict.MALFORMED, unprotect(receiver, longExtension));
    assertEquals(
        SrtpVerdict.NO_ROOM, receiver.unprotect(sealed, 0, sealed.length, new byte[41], 0));
    assertEquals(SrtpVerdict.NO_ROOM, sender.protect(sealed, 0, 40, new byte[49], 0));
    assertEquals(SrtpVerdict.MALFORMED, sender.protect(sealed, 0, 11, out, 0));
    assertEquals(SrtpVerdict.MALFORMED, sender.protectRtcp(sealed, 0, 7, out, 0));
    assertEquals(SrtpVerdict.NO_ROOM, sender.protectRtcp(sealed, 0, 40, new byte[43], 0));
    assertEquals(42, unprotect(receiver, sealed));
  }

  /// Keys of one direction do not open the other, so that a packet cannot be sent back.
  @Test
  void aReflectedPacketIsNotAuthentic() {
    var keys = pair(SrtpProfile.AEAD_AES_128_GCM);
    var sealed = protect(new SrtpSender(keys[0]), rtp(SSRC, 1, 30));
    assertEquals(SrtpVerdict.UNAUTHENTIC, unprotect(new SrtpReceiver(keys[0]), sealed));
  }
}
