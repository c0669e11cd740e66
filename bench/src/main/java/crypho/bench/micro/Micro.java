package crypho.bench.micro;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/// `./crypho bench micro`: time and bytes allocated for each operation. Ends with 1 where more is
/// allocated than the budget allows.
public final class Micro {
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  /// Bytes an operation may allocate; nothing where it is not named.
  private static final Map<String, Double> BUDGETS =
      Map.of(
          "CipherBench.sealJdk", 1_200.0,
          "HostileBench.dtlsForged", 200.0,
          "HostileBench.srtcpBadTag", 400.0,
          "HostileBench.srtpBadTag", 300.0,
          "HostileBench.srtpBadTagSha1", 40.0,
          "HostileBench.stunWrongIntegrity", 40.0);

  /// What the measurement itself allocates, spread over its operations.
  private static final double NOISE_BYTES = 1;

  private Micro() {}

  public static void main(String[] arguments) throws RunnerException {
    var isJson = Arrays.asList(arguments).contains("--json");
    var options =
        new OptionsBuilder()
            .include("(CipherBench|ForwardBench|HostileBench)")
            .addProfiler(GCProfiler.class)
            .forks(1)
            .warmupIterations(3)
            .warmupTime(TimeValue.seconds(1))
            .measurementIterations(3)
            .measurementTime(TimeValue.seconds(1))
            .jvmArgsAppend(
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow")
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .build();
    var isWithin = true;
    for (var result : new Runner(options).run()) {
      isWithin &= report(result, isJson);
    }
    System.exit(isWithin ? 0 : 1);
  }

  private static boolean report(RunResult result, boolean isJson) {
    var parameters = result.getParams();
    var path = parameters.getBenchmark().split("\\.", -1);
    var name = path[path.length - 2] + "." + path[path.length - 1];
    var of = new StringBuilder();
    for (var key : parameters.getParamsKeys()) {
      of.append(key).append(' ').append(parameters.getParam(key));
    }
    var nanos = result.getPrimaryResult().getScore();
    var allocated = Objects.requireNonNull(result.getSecondaryResults().get(ALLOCATED)).getScore();
    var budget = BUDGETS.getOrDefault(name, 0.0);
    var isWithin = allocated <= budget + NOISE_BYTES;
    var format =
        isJson
            ? "{\"bench\":\"%s\",\"of\":\"%s\",\"ns\":%.1f,\"allocated\":%.2f,\"budget\":%.0f,\"within\":%b}%n"
            : "%-24s %-14s %9.1f ns   %8.2f bytes allocated, budget %.0f, within it: %b%n";
    System.out.printf(Locale.ROOT, format, name, of, nanos, allocated, budget, isWithin);
    return isWithin;
  }
}
