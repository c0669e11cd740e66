package crypho.rtc.srtp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Both ciphers against each other; the vectors are in [SrtpVectorTest].
final class GcmTest {
  /// Makes a cipher from a key, which it wipes.
  interface Make {
    Gcm of(byte[] key);
  }

  /// Those that this machine has.
  static List<Make> ciphers() {
    return Gcm.Choice.HAS_OPENSSL ? List.of(JdkGcm::new, OpensslGcm::new) : List.of(JdkGcm::new);
  }

  private static final class Packet {
    final byte[] nonce;
    final byte[] aad;
    final byte[] plain;

    Packet(Gen gen, int length) {
      nonce = gen.bytes(Gcm.NONCE_BYTES);
      aad = gen.bytes(gen.below(100));
      plain = gen.bytes(length);
    }
  }

  private static byte[] sealed(Gcm gcm, Packet packet, int offset) {
    var out = new byte[offset + packet.plain.length + Gcm.TAG_BYTES];
    gcm.begin(true, packet.nonce);
    gcm.aad(packet.aad, 0, packet.aad.length);
    assertEquals(out.length - offset, gcm.seal(packet.plain, 0, packet.plain.length, out, offset));
    return out;
  }

  private static int open(Gcm gcm, Packet packet, byte[] sealed, int offset, byte[] out) {
    gcm.begin(false, packet.nonce);
    gcm.aad(packet.aad, 0, packet.aad.length);
    return gcm.open(sealed, offset, sealed.length - offset, out, 0);
  }

  /// Any lengths and any sequence of directions: the same bytes, and what is changed does not open
  /// and does not show.
  @Seeded(tries = 40)
  void theCiphersAgree(Gen gen) {
    assumeTrue(Gcm.Choice.HAS_OPENSSL, "this machine has no libcrypto.so.3");
    var key = gen.bytes(gen.chance(0.5) ? 16 : 32);
    var ours = List.of(new JdkGcm(key.clone()), new OpensslGcm(key.clone()));
    for (var i = 0; i < 50; i++) {
      var length = gen.chance(0.1) ? gen.below(70_000) : gen.below(1_500);
      var packet = new Packet(gen, length);
      var offset = gen.below(4);
      var sealed = sealed(ours.getFirst(), packet, offset);
      assertArrayEquals(sealed, sealed(ours.getLast(), packet, offset));
      var changed = sealed.clone();
      changed[offset + gen.below(sealed.length - offset)] ^= (byte) (1 << gen.below(8));
      for (var gcm : ours) {
        var out = new byte[length];
        assertEquals(SrtpVerdict.UNAUTHENTIC, open(gcm, packet, changed, offset, out));
        assertArrayEquals(new byte[length], out, "nothing of a forged packet is shown");
        assertEquals(length, open(gcm, packet, sealed, offset, out));
        assertArrayEquals(packet.plain, out);
      }
    }
  }

  @Test
  void keysAreWiped() {
    for (var cipher : ciphers()) {
      var key = new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
      cipher.of(key);
      assertTrue(Arrays.equals(new byte[16], key));
    }
  }
}
