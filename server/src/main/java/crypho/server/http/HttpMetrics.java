package crypho.server.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Counts and times calls by method and result.
final class HttpMetrics {
  private final MeterRegistry registry;
  private final Map<String, Timer> timers = new ConcurrentHashMap<>();

  HttpMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /// @param result `ok` or the name of an error reason
  void called(String method, String result, long startNanos) {
    timers
        .computeIfAbsent(
            method + ' ' + result,
            _ ->
                Timer.builder("crypho.rpc")
                    .description("Calls by method and result")
                    .tag("method", method)
                    .tag("result", result)
                    .register(registry))
        .record(Duration.ofNanos(System.nanoTime() - startNanos));
  }
}
