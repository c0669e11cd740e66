package crypho.mls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import crypho.base.Bytes;
import crypho.base.DecodeException;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What hostile bytes may cost, and that they can end in nothing but `DecodeException`.
final class HostileBytesTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /// Honest messages of every kind, from the vectors.
  static final List<Bytes> SAMPLES = samples();

  private static List<Bytes> samples() {
    try {
      var out = new ArrayList<Bytes>();
      for (var vector : Vectors.all("messages.json").subList(0, 40)) {
        for (var name :
            List.of(
                "mls_welcome",
                "mls_group_info",
                "mls_key_package",
                "public_message_commit",
                "public_message_proposal",
                "private_message")) {
          out.add(Vectors.bytes(vector, name));
        }
      }
      return out;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static long allocated(Runnable work) {
    var before = THREADS.getCurrentThreadAllocatedBytes();
    work.run();
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  private static void tryDecode(Bytes input) {
    try {
      assertEquals(input, MlsMessage.decode(input).encode());
    } catch (DecodeException _) {
      // The one permitted accident.
    }
  }

  /// A length of a gigabyte at each place where a length can stand, for every kind of message.
  @Test
  void hugeLengthsAllocateNothing() {
    tryDecode(SAMPLES.getFirst());
    for (var sample : SAMPLES.subList(0, 6)) {
      for (var at = 4; at + 4 <= sample.size(); at++) {
        var bytes = sample.toArray();
        bytes[at] = (byte) 0xbf;
        bytes[at + 1] = (byte) 0xff;
        bytes[at + 2] = (byte) 0xff;
        bytes[at + 3] = (byte) 0xff;
        var input = Bytes.wrap(bytes);
        var cost = allocated(() -> tryDecode(input));
        assertTrue(cost < 64_000 + 60L * bytes.length, () -> cost + " bytes for " + input);
      }
    }
  }

  @Test
  void anythingBeyondTheLimitIsRefusedUnread() {
    var huge = Bytes.wrap(new byte[MlsLimits.MESSAGE_BYTES_MAX + 1]);
    var cost = allocated(() -> assertThrows(DecodeException.class, () -> MlsMessage.decode(huge)));
    assertTrue(cost < 64_000, () -> cost + " bytes");
  }

  /// The most numerous elements that a megabyte can hold: empty ciphertexts, proposals, extensions.
  @Test
  void theWorstMegabyteCostsABoundedMultiple() {
    for (var element : List.of("0000", "01000300000000", "0200", "02", "00", "01", "000300")) {
      var unit = Bytes.fromHex(element);
      for (var prefix : prefixes()) {
        var count = (MlsLimits.MESSAGE_BYTES_MAX - prefix.size() - 8) / unit.size();
        var body =
            Writer.bytes(out -> {
              out.raw(prefix).length(count * unit.size());
              for (var i = 0; i < count; i++) {
                out.raw(unit);
              }
            });
        var cost = allocated(() -> tryDecode(body));
        assertTrue(cost < 64L * MlsLimits.MESSAGE_BYTES_MAX, () -> cost + " for " + prefix);
      }
    }
  }

  /// Up to the first vector of a commit, a Welcome and a GroupInfo.
  private static List<Bytes> prefixes() {
    var framing = "0000000000000000" + "01" + "00000000" + "00" + "03";
    return List.of(
        Bytes.fromHex("00010001" + "00" + framing),
        Bytes.fromHex("00010003" + "0001"),
        Bytes.fromHex("00010004" + "0001" + "0001" + "00" + "0000000000000000" + "00" + "00"));
  }

  @Seeded(tries = 2000)
  void changedMessagesAreRefusedOrReadAgainTheSame(Gen gen) {
    var bytes = gen.oneOf(SAMPLES).toArray();
    for (var i = gen.intBetween(1, 2 + gen.size() / 10); i > 0; i--) {
      bytes[gen.below(bytes.length)] = (byte) gen.intBetween(0, 256);
    }
    var cut = gen.chance(0.2) ? gen.intBetween(0, bytes.length + 1) : bytes.length;
    tryDecode(Bytes.copyOf(bytes, 0, cut));
  }

  @Seeded(tries = 500)
  void randomBytesAfterAHeaderAreRefused(Gen gen) {
    var kind = gen.intBetween(0, 8);
    var tail = Bytes.wrap(gen.bytes(gen.below(1 + gen.size() * 10)));
    tryDecode(Writer.bytes(out -> out.u16(1).u16(kind).raw(tail)));
  }

  @Seeded(tries = 500)
  void lengthsAreReadAsTheyWereWritten(Gen gen) throws DecodeException {
    var length = gen.intBetween(0, 1 << gen.intBetween(1, 30));
    var in = new Reader(Writer.bytes(out -> out.length(length)).toArray());
    assertEquals(length, in.length("length"));
    in.finish("length");
  }

  @Test
  void lengthsHaveOneForm() {
    for (var hex :
        List.of("4000", "403f", "80000000", "80003fff", "c000000000000000", "ff", "7f")) {
      var in = new Reader(Bytes.fromHex(hex).toArray());
      assertThrows(DecodeException.class, () -> in.length("length"), hex);
    }
  }

  @Seeded(tries = 300)
  void aChangedStateIsRefusedOrReadAgainTheSame(Gen gen) throws DecodeException {
    var bytes = STATE.toArray();
    bytes[gen.below(bytes.length)] ^= (byte) (1 << gen.below(8));
    try {
      var input = Bytes.wrap(bytes);
      assertEquals(input, DeliveryState.decode(input).encode());
    } catch (DecodeException _) {
      // The one permitted accident.
    }
  }

  private static final Bytes STATE = World.of(2, 3).state().encode();

  /// A thousand leaves at the cost of what they are.
  @Test
  void aFullTreeIsHashedInBoundedMemory() throws DecodeException {
    var state = DeliveryStateTest.crowded(World.created(), MlsLimits.LEAVES_MAX);
    var size = state.tree().encode().size();
    var cost = allocated(() -> state.tree().treeHash());
    assertTrue(cost < 40L * size, () -> cost + " bytes to hash " + size);
  }
}
