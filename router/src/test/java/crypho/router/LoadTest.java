package crypho.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.wire.router.v1.ControlError;
import crypho.wire.router.v1.ControlError.Overload;
import crypho.wire.router.v1.ControlReply;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/// What a router takes, and how a room outgrows a loop; over real sockets.
final class LoadTest {
  private static final RouterConfig.Limits USUAL = RouterConfig.Limits.USUAL;

  private static World world(int loops, RouterConfig.Limits limits) throws IOException {
    return new World(RouterService.Sockets.best(), loops, limits);
  }

  /// Media flows until the router says that it is overloaded, and goes on without a loss.
  private static void assertSheds(RouterConfig.Limits limits, Overload by) throws IOException {
    try (var world = world(1, limits)) {
      var call = world.call();
      var sent = new int[1];
      var replies = new ControlReply[1];
      World.await(
          "overload",
          () -> {
            replies[0] = world.tryTransport(call.room());
            return replies[0].hasError();
          },
          () -> {
            for (var i = 0; i < 20; i++) {
              call.assertForwards(++sent[0], "packet " + sent[0]);
            }
          });
      assertEquals(ControlError.Code.OVERLOADED, replies[0].getError().getCode());
      assertEquals(by, replies[0].getError().getOverload());
      for (var i = 0; i < 50; i++) {
        call.assertForwards(++sent[0], "packet " + sent[0]);
      }
    }
  }

  @Test
  void aboveItsPacketRateItTakesNoMore() throws IOException {
    assertSheds(USUAL.withPacketsPerSecond(20), Overload.PACKET_RATE);
  }

  @Test
  void aboveItsShareOfACoreItTakesNoMore() throws IOException {
    assertSheds(USUAL.withTransports(1_000_000).withCpuShare(0.0005), Overload.CPU);
  }

  @Test
  void aboveItsNumberOfTransportsItTakesNoMore() throws IOException {
    assertSheds(USUAL.withTransports(4), Overload.TRANSPORTS);
  }

  @Test
  void aRoomThatOutgrowsALoopIsOneRoom() throws IOException {
    try (var world = world(2, USUAL.withRoomTransportsPerLoop(2))) {
      var room = world.room();
      var members = new World.Member[4];
      for (var i = 0; i < members.length; i++) {
        members[i] = world.join(room);
      }
      var stats = world.stats(room);
      assertEquals(
          2, stats.getTransportsList().stream().mapToInt(t -> t.getLoop()).distinct().count());
      // One of each loop sends, and everyone hears both.
      var near = world.produce(members[0].transport(), World.audio(0x100));
      var far = world.produce(members[3].transport(), World.audio(0x200));
      for (var member : members) {
        var _ = world.consume(member, near, room.getRtpCapabilities());
        var _ = world.consume(member, far, room.getRtpCapabilities());
      }
      for (var i = 1; i <= 20; i++) {
        send(members[0], World.voice(0x100, i, 30, "near " + i));
        send(members[3], World.voice(0x200, i, 30, "far " + i));
      }
      for (var member : members) {
        var nears = 0;
        var fars = 0;
        while (nears + fars < 40) {
          var got = member.peer().awaitRtp();
          assertNotNull(got);
          var text = World.payload(got);
          var expected = text.startsWith("near") ? "near " + ++nears : "far " + ++fars;
          assertEquals(expected, text);
        }
      }
      var after = world.stats(room);
      assertEquals(2, after.getLoopsCount());
      assertTrue(after.getLoopsList().stream().allMatch(l -> l.getPacketsLeftBehind() == 0));
      assertEquals(8, after.getConsumersCount());
      assertEquals(2, after.getProducersCount());
    }
  }

  /// The far loop stands still: near ones hear everything, and far ones what came last.
  @Test
  void aLoopThatDoesNotKeepUpLosesTheOldest() throws IOException {
    try (var world = world(2, USUAL.withRoomTransportsPerLoop(2))) {
      var room = world.room();
      var from = world.join(room);
      var near = world.join(room);
      var far = world.join(room);
      var loop = world.service.transport(from.transport().getTransportId()).loop;
      var other = world.service.transport(far.transport().getTransportId()).loop;
      assertNotEquals(loop, other);
      var producer = world.produce(from.transport(), World.audio(World.SSRC));
      var _ = world.consume(near, producer, room.getRtpCapabilities());
      var _ = world.consume(far, producer, room.getRtpCapabilities());
      var mayGoOn = new CountDownLatch(1);
      var sent = 0;
      try {
        other.execute(() -> {
          try {
            mayGoOn.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        });
        while (leftBehind(loop) < 20) {
          sent++;
          send(from, World.voice(World.SSRC, sent, 30, "packet " + sent));
          assertEquals("packet " + sent, World.text(near.peer().awaitRtp()));
        }
      } finally {
        mayGoOn.countDown();
      }
      var text = "";
      var got = 0;
      while (!text.equals("packet " + sent)) {
        text = World.text(far.peer().awaitRtp());
        assertNotNull(text);
        got++;
      }
      assertEquals(sent - leftBehind(loop), got);
      assertTrue(got <= HandOver.BATCHES_MAX * HandOver.BATCH_PACKETS_MAX);
    }
  }

  private static long leftBehind(RouterLoop loop) {
    return CompletableFuture.supplyAsync(loop::leftBehind, loop).join();
  }

  private static void send(World.Member from, byte[] packet) throws IOException {
    from.peer().send(from.peer().protect(packet));
  }
}
