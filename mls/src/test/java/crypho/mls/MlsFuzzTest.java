package crypho.mls;

import com.code_intelligence.jazzer.junit.FuzzTest;
import crypho.base.Bytes;
import crypho.base.DecodeException;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/// Searches for bytes that end in anything but a `DecodeException` or a sealed outcome, and for
/// messages that are read but not written again to the same bytes. Saved inputs run in every build;
/// `JAZZER_FUZZ=1` with one test selected searches.
final class MlsFuzzTest {
  private static final World WORLD = World.of(2, 3);
  private static final CommitBundle HONEST =
      WORLD.at(0).commit(List.of(WORLD.device(4).deposit()), List.of()).bundle();
  private static final CommitBundle EXTERNAL =
      WORLD.device(2).external(WORLD.groupInfo, null).bundle();

  static Stream<byte[]> messages() {
    return HostileBytesTest.SAMPLES.subList(0, 12).stream().map(Bytes::toArray);
  }

  static Stream<byte[]> trees() throws IOException {
    return Vectors.ours("tree-validation.json").stream()
        .map(vector -> Vectors.bytes(vector, "tree").toArray());
  }

  static Stream<byte[]> states() {
    return Stream.of(WORLD.state().encode().toArray());
  }

  static Stream<byte[]> changes() {
    return Stream.of(new byte[] {0, 0, 9, 1}, new byte[] {1, 0, 9, 1}, new byte[] {4, 0, 9, 1});
  }

  @MethodSource("messages")
  @FuzzTest(maxDuration = "5m")
  void aMessageIsRefusedOrWrittenAgainTheSame(byte[] data) {
    try {
      same(Bytes.copyOf(data), MlsMessage.decode(Bytes.copyOf(data)).encode());
    } catch (DecodeException _) {
      // The one permitted accident.
    }
  }

  @MethodSource("trees")
  @FuzzTest(maxDuration = "2m")
  void aTreeIsRefusedOrReckonedWith(byte[] data) {
    try {
      var tree = RatchetTree.decode(Bytes.copyOf(data));
      same(Bytes.copyOf(data), tree.encode());
      var defect = TreeRules.structuralDefect(tree);
      if (tree.memberCount() > 0 && defect == null) {
        same(tree.treeHash(), RatchetTree.decode(tree.encode()).treeHash());
      }
    } catch (DecodeException _) {
      // The one permitted accident.
    }
  }

  @MethodSource("states")
  @FuzzTest(maxDuration = "2m")
  void aStateIsRefusedOrWrittenAgainTheSame(byte[] data) {
    try {
      same(Bytes.copyOf(data), DeliveryState.decode(Bytes.copyOf(data)).encode());
    } catch (DecodeException _) {
      // The one permitted accident.
    }
  }

  /// Nothing that was not signed by a member gets through: an honest part is replaced, at a place,
  /// by other bytes.
  @MethodSource("changes")
  @FuzzTest(maxDuration = "2m")
  void aChangedBundleIsNeverAccepted(byte[] data) {
    if (data.length < 4) {
      return;
    }
    var external = (data[0] & 4) != 0;
    var honest = external ? EXTERNAL : HONEST;
    var at = (data[1] & 0xff) << 8 | (data[2] & 0xff);
    var welcome = honest.welcome();
    var bundle =
        switch (data[0] & 3) {
          case 0 ->
              new CommitBundle(spliced(honest.commit(), at, data), welcome, honest.groupInfo());
          case 1 ->
              new CommitBundle(honest.commit(), welcome, spliced(honest.groupInfo(), at, data));
          case 2 ->
              new CommitBundle(
                  honest.commit(),
                  welcome == null ? null : spliced(welcome, at, data),
                  honest.groupInfo());
          default -> new CommitBundle(tail(data), tail(data), tail(data));
        };
    var submitter = external ? lastDevice() : WORLD.at(0);
    var outcome = CommitRules.judge(WORLD.state(), submitter.member, bundle, WORLD, WORLD.now);
    var isOpaque = (data[0] & 3) == 2 || sameMeaning(honest, bundle);
    if (outcome instanceof CommitOutcome.Accepted && !bundle.equals(honest) && !isOpaque) {
      throw new IllegalStateException("accepted a changed bundle");
    }
  }

  /// The membership tag is between members: the server has no key to check it, and neither does it
  /// enter the transcript.
  private static boolean sameMeaning(CommitBundle honest, CommitBundle changed) {
    try {
      return honest.groupInfo().equals(changed.groupInfo())
          && MlsMessage.decode(changed.commit()) instanceof PublicMessage m
          && m.content().equals(Forge.read(honest.commit()).content());
    } catch (DecodeException _) {
      return false;
    }
  }

  private static BcDevice lastDevice() {
    return List.copyOf(WORLD.devices.values()).getLast();
  }

  private static Bytes tail(byte[] data) {
    return Bytes.copyOf(data, 3, data.length);
  }

  private static Bytes spliced(Bytes honest, int at, byte[] data) {
    var bytes = honest.toArray();
    for (var i = 3; i < data.length; i++) {
      bytes[(at + i - 3) % bytes.length] = data[i];
    }
    return Bytes.wrap(bytes);
  }

  private static void same(Bytes expected, Bytes actual) {
    if (!Objects.equals(expected, actual)) {
      throw new IllegalStateException("written again as " + actual);
    }
  }
}
