package crypho.server.app;

import crypho.server.http.HttpFront;
import crypho.server.http.LocalPages;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.http.HttpServerRequest;
import java.util.Map;
import java.util.function.BooleanSupplier;

/// `/health/live`: the process answers. `/health/ready`: it can serve. `/metrics`: Prometheus text.
final class HealthPages {
  private final BooleanSupplier isDatabaseReachable;
  private final PrometheusMeterRegistry meters;
  private volatile boolean isClosing;

  HealthPages(BooleanSupplier isDatabaseReachable, PrometheusMeterRegistry meters) {
    this.isDatabaseReachable = isDatabaseReachable;
    this.meters = meters;
  }

  void addTo(Map<String, HttpFront.Page> pages, boolean hasMetrics) {
    pages.put("/health/live", request -> text(request, 200, "live\n"));
    pages.put("/health/ready", this::ready);
    if (hasMetrics) {
      pages.put("/metrics", LocalPages.only(this::metrics));
    }
  }

  void closing() {
    isClosing = true;
  }

  private void ready(HttpServerRequest request) {
    if (isClosing) {
      text(request, 503, "closing\n");
    } else if (!isDatabaseReachable.getAsBoolean()) {
      text(request, 503, "database away\n");
    } else {
      text(request, 200, "ready\n");
    }
  }

  void metrics(HttpServerRequest request) {
    request
        .response()
        .putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        .end(meters.scrape());
  }

  private static void text(HttpServerRequest request, int status, String text) {
    request
        .response()
        .setStatusCode(status)
        .putHeader("Content-Type", "text/plain; charset=utf-8")
        .putHeader("Cache-Control", "no-store")
        .end(text);
  }
}
