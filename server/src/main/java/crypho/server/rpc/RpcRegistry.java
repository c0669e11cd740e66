package crypho.server.rpc;

import com.google.protobuf.Message;
import crypho.base.Invariant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The methods that the server answers, by path (`crypho.v1.AccountService/LogIn`). Filled once,
/// when the server is wired.
public final class RpcRegistry {
  /// What the platform needs to answer one method.
  ///
  /// @param bodyBytesMax largest request body in bytes
  public record Entry<Q extends Message, A extends Message>(
      String path,
      Q prototype,
      Access access,
      RateLimit limit,
      int bodyBytesMax,
      RpcMethod<Q, A> method) {}

  /// For methods that do not say otherwise.
  public static final int BODY_BYTES_MAX = 64 * 1024;

  private final Map<String, Entry<?, ?>> entries = new LinkedHashMap<>();

  public <Q extends Message, A extends Message> void add(
      String service,
      String name,
      Q prototype,
      Access access,
      RateLimit limit,
      RpcMethod<Q, A> method) {
    add(service, name, prototype, access, limit, BODY_BYTES_MAX, method);
  }

  public <Q extends Message, A extends Message> void add(
      String service,
      String name,
      Q prototype,
      Access access,
      RateLimit limit,
      int bodyBytesMax,
      RpcMethod<Q, A> method) {
    var path = "crypho.v1." + service + "/" + name;
    var entry = new Entry<>(path, prototype, access, limit, bodyBytesMax, method);
    Invariant.check(entries.putIfAbsent(path, entry) == null, "a method is added once: " + path);
  }

  public @Nullable Entry<?, ?> find(String path) {
    return entries.get(path);
  }

  public Map<String, Entry<?, ?>> entries() {
    return Map.copyOf(entries);
  }
}
