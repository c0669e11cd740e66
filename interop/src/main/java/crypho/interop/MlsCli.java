package crypho.interop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// `MlsCli identity` reads commands from standard input, one a line, and answers each with one
/// line: `ok` and fields, or `error` and why. Bytes are hex, an absent field is `-`.
///
/// | command                  | answer                      |
/// | ------------------------ | --------------------------- |
/// | `signature-key`          | key                         |
/// | `key-package`            | key package                 |
/// | `create GROUP`           |                             |
/// | `join WELCOME`           |                             |
/// | `external GROUPINFO`     | commit - group info         |
/// | `add KEYPACKAGE …`       | commit welcome group info   |
/// | `remove IDENTITY …`      | commit - group info         |
/// | `update`                 | commit - group info         |
/// | `accepted`, `dropped`    |                             |
/// | `process COMMIT`         | `member` or `removed`       |
/// | `epoch`                  | number                      |
/// | `exporter`               | 32 bytes ("exporter", "")   |
/// | `members`                | identities                  |
public final class MlsCli {
  private MlsCli() {}

  /// Runs until standard input ends.
  public static void main(String[] args) throws Exception {
    if (args.length != 1) {
      throw new IllegalArgumentException("usage: MlsCli IDENTITY");
    }
    MlsDevice device = new MlsDevice(args[0]);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(answer(device, line));
    }
  }

  // The library declares `throws Exception`; a test reads the answer either way.
  private static String answer(MlsDevice device, String line) {
    try {
      return ("ok " + run(device, List.of(line.trim().split(" ")))).trim();
    } catch (Exception e) {
      return "error " + e;
    }
  }

  private static String run(MlsDevice device, List<String> words) throws Exception {
    List<String> args = words.subList(1, words.size());
    return switch (words.getFirst()) {
      case "signature-key" -> Hex.of(device.signatureKey());
      case "key-package" -> Hex.of(device.keyPackage());
      case "create" -> done(() -> device.create(Hex.bytes(args.getFirst())));
      case "join" -> done(() -> device.join(Hex.bytes(args.getFirst())));
      case "external" -> fields(device.joinExternally(Hex.bytes(args.getFirst())));
      case "add" -> fields(device.add(decode(args)));
      case "remove" -> fields(device.remove(args));
      case "update" -> fields(device.update());
      case "accepted" -> done(device::accepted);
      case "dropped" -> done(device::dropped);
      case "process" -> device.process(Hex.bytes(args.getFirst())) ? "member" : "removed";
      case "epoch" -> Long.toString(device.epoch());
      case "exporter" -> Hex.of(device.exporter());
      case "members" -> String.join(" ", device.members());
      default -> throw new IOException("unknown command");
    };
  }

  private interface Step {
    void run() throws Exception;
  }

  private static String done(Step step) throws Exception {
    step.run();
    return "";
  }

  private static String fields(MlsDevice.Commit commit) {
    String welcome = commit.welcome() == null ? "-" : commit.welcome();
    return String.join(" ", commit.commit(), welcome, commit.groupInfo());
  }

  private static List<byte[]> decode(List<String> args) {
    List<byte[]> all = new ArrayList<>();
    for (String each : args) {
      all.add(Hex.bytes(each));
    }
    return all;
  }
}
