package crypho.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class WarmUpTest {
  private static final int PACKETS = 2_000;

  @ParameterizedTest
  @EnumSource
  void forwardsMediaOfItsOwn(RouterService.Sockets sockets) {
    var forwarded = WarmUp.run(sockets, PACKETS);
    assertTrue(forwarded >= PACKETS, () -> "forwarded " + forwarded);
  }

  @Test
  void canBeLeftOut() {
    assertEquals(0, WarmUp.run(RouterService.Sockets.best(), 0));
  }
}
