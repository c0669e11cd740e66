package crypho.router;

import crypho.base.Rng;
import crypho.wire.router.v1.ControlEvent;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// What a process routes, by id, and who listens to it. Any thread.
final class Registry {
  private static final int ID_BYTES = 16;

  final Map<String, Router> routers = new ConcurrentHashMap<>();
  final Map<String, Transport> transports = new ConcurrentHashMap<>();
  final Map<String, Producer> producers = new ConcurrentHashMap<>();
  final Map<String, Consumer> consumers = new ConcurrentHashMap<>();
  final List<java.util.function.Consumer<ControlEvent>> listeners = new CopyOnWriteArrayList<>();
  private final Rng rng;

  Registry(Rng rng) {
    this.rng = rng;
  }

  String newId() {
    return HexFormat.of().formatHex(rng.bytes(ID_BYTES));
  }

  void tell(ControlEvent event) {
    for (var listener : listeners) {
      listener.accept(event);
    }
  }
}
