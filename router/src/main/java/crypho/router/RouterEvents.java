package crypho.router;

import crypho.wire.router.v1.ControlEvent;

/// Where a room's events go; called on the room's loop.
@FunctionalInterface
public interface RouterEvents {
  void event(ControlEvent event);
}
