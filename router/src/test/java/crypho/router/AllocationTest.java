package crypho.router;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.lang.management.ManagementFactory;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/// What the loop allocates while it forwards: once compiled, nothing for a packet. What is left is
/// of the event loop, for each wake-up, and here of the tasks by which the test asks how far it is.
final class AllocationTest {
  private static final int WARM_UP = 1_000_000;
  private static final int MEASURED = 200_000;

  @Test
  void forwardingAPacketAllocatesNothing() throws IOException {
    assumeTrue(hasOpenssl(), "the JDK's cipher allocates a kilobyte for a packet");
    var bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (var traffic = new WarmUp(RouterService.Sockets.best())) {
      var thread =
          CompletableFuture.supplyAsync(() -> Thread.currentThread().threadId(), traffic.loop)
              .join();
      var first = traffic.forward(WARM_UP);
      var before = bean.getThreadAllocatedBytes(thread);
      var last = traffic.forward(first + MEASURED);
      var bytes = (double) (bean.getThreadAllocatedBytes(thread) - before) / (last - first);
      assertTrue(bytes < 8, () -> bytes + " bytes for a packet");
    }
  }

  @SuppressWarnings("restricted") // Only whether the library is there.
  private static boolean hasOpenssl() {
    try (var arena = Arena.ofConfined()) {
      return SymbolLookup.libraryLookup("libcrypto.so.3", arena)
          .find("EVP_CipherUpdate")
          .isPresent();
    } catch (IllegalArgumentException _) {
      return false;
    }
  }
}
