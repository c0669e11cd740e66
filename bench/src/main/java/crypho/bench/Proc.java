package crypho.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Reads /proc: CPU time and memory of processes. A process that has ended counts as nothing.
final class Proc {
  private static final double TICKS_PER_SECOND = 100;
  private static final Pattern FIELD = Pattern.compile("(\\d+) kB");

  private Proc() {}

  /// User and system time of the process with all its threads, and of children that it has waited
  /// for: PostgreSQL's checkpoints and backends that came and went are among them.
  static double cpuSeconds(long pid) {
    var stat = read(pid, "stat");
    var fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
    if (fields.length < 15) {
      return 0;
    }
    var ticks = 0L;
    for (var i = 11; i <= 14; i++) {
      ticks += Long.parseLong(fields[i]);
    }
    return ticks / TICKS_PER_SECOND;
  }

  static double cpuSeconds(List<Long> pids) {
    return pids.stream().mapToDouble(Proc::cpuSeconds).sum();
  }

  static double rssKib(long pid) {
    return field(read(pid, "status"), "VmRSS:");
  }

  /// Proportional set size: memory that processes share is divided among them.
  static double pssKib(long pid) {
    return field(read(pid, "smaps_rollup"), "Pss:");
  }

  static String commandLine(long pid) {
    return read(pid, "cmdline").replace('\0', ' ');
  }

  static List<Long> allPids() {
    try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> name.chars().allMatch(Character::isDigit))
          .map(Long::parseLong)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double field(String text, String name) {
    return text.lines()
        .filter(line -> line.startsWith(name))
        .map(FIELD::matcher)
        .filter(Matcher::find)
        .mapToDouble(match -> Double.parseDouble(match.group(1)))
        .findFirst()
        .orElse(0);
  }

  private static String read(long pid, String file) {
    try {
      return Files.readString(Path.of("/proc/" + pid + "/" + file));
    } catch (IOException e) {
      return "";
    }
  }
}
