package crypho.client.live;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Between a client and the server: hands calls on, and loses answers when told to.
final class LossyProxy implements AutoCloseable {
  private final URI target;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer listener;

  /// By method, how many of the next answers are lost.
  private final Map<String, Integer> losses = new HashMap<>();

  LossyProxy(URI target) throws IOException {
    this.target = target;
    listener = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    listener.setExecutor(threads);
    listener.createContext("/", this::handOn);
    listener.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + listener.getAddress().getPort());
  }

  synchronized void lose(String method, int answers) {
    losses.put(method, answers);
  }

  /// How many answers are still to be lost.
  synchronized int left(String method) {
    return losses.getOrDefault(method, 0);
  }

  private synchronized boolean isLost(String method) {
    var left = left(method);
    losses.put(method, Math.max(0, left - 1));
    return left > 0;
  }

  private void handOn(HttpExchange exchange) throws IOException {
    var path = exchange.getRequestURI().getPath();
    var request =
        HttpRequest.newBuilder(target.resolve(path))
            .header("Content-Type", "application/proto")
            .POST(HttpRequest.BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()));
    var session = exchange.getRequestHeaders().getFirst("Authorization");
    if (session != null) {
      request.header("Authorization", session);
    }
    try {
      var answer = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      if (isLost(path.substring(path.lastIndexOf('/') + 1))) {
        exchange.close();
        return;
      }
      exchange.sendResponseHeaders(answer.statusCode(), answer.body().length);
      exchange.getResponseBody().write(answer.body());
      exchange.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      exchange.close();
    }
  }

  @Override
  public void close() {
    listener.stop(0);
    threads.shutdownNow();
    http.shutdownNow();
  }
}
