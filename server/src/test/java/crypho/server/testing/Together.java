package crypho.server.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;

/// Runs the same call many times at once, on virtual threads as the server does.
public final class Together {
  private Together() {}

  /// The answers; all calls begin together.
  public static <T> List<T> call(List<Callable<T>> calls) throws Exception {
    var barrier = new CyclicBarrier(calls.size());
    var tasks = new ArrayList<Callable<T>>();
    for (var call : calls) {
      tasks.add(() -> {
        barrier.await();
        return call.call();
      });
    }
    var answers = new ArrayList<T>();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var future : executor.invokeAll(tasks)) {
        answers.add(future.get());
      }
    }
    return answers;
  }

  public static <T> List<T> call(int times, Callable<T> call) throws Exception {
    var calls = new ArrayList<Callable<T>>();
    for (int i = 0; i < times; i++) {
      calls.add(call);
    }
    return call(calls);
  }
}
