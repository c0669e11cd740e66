package crypho.server.db;

import java.util.ArrayList;
import java.util.List;

/// Work that a transaction leaves for the time after its commit: frames to connected clients,
/// caches. Not run where the transaction fails. One owner thread.
public final class AfterCommit {
  private final List<Runnable> work = new ArrayList<>();

  public void add(Runnable runnable) {
    work.add(runnable);
  }

  /// Runs the work in the order in which it was added.
  public void run() {
    work.forEach(Runnable::run);
  }
}
