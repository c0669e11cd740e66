package crypho.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.router.World.Member;
import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.ControlRequest;
import crypho.wire.router.v1.CreateRouter;
import crypho.wire.router.v1.LastN;
import crypho.wire.router.v1.PauseConsumer;
import crypho.wire.router.v1.PauseProducer;
import crypho.wire.router.v1.SetView;
import crypho.wire.router.v1.Suspension;
import crypho.wire.router.v1.View;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a consumer gets, by what its client shows, who speaks, and pauses; over real sockets.
final class LayersTest {
  private static final int VIDEO = 0x2000;
  private static final int STREAMS = 3;

  private World world = unopened();
  private int pictures;
  private final int[] sequences = new int[STREAMS];

  private static World unopened() {
    try {
      return World.usual();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void begin() {
    world.listen();
  }

  @AfterEach
  void end() throws Exception {
    world.close();
  }

  /// A key frame of each layer, named by it, until an event comes.
  private ControlEvent sendUntil(Member from, Predicate<ControlEvent> wanted) throws IOException {
    var found = new ArrayList<ControlEvent>();
    World.await(
        "an event",
        () -> {
          var event = world.pollEvent(wanted);
          if (event != null) {
            found.add(event);
          }
          return !found.isEmpty();
        },
        () -> sendFrames(from));
    return found.getFirst();
  }

  private void sendFrames(Member from) throws IOException {
    pictures++;
    for (var i = 0; i < STREAMS; i++) {
      var frame = World.frame(VIDEO + i, ++sequences[i], pictures, true, "layer " + i);
      from.peer().send(from.peer().protect(frame));
    }
    from.peer().pump();
  }

  private static Predicate<ControlEvent> showsLayer(int layer) {
    return e ->
        e.getConsumerState().hasLayers()
            && e.getConsumerState().getSuspension() == Suspension.NOT_SUSPENDED
            && e.getConsumerState().getLayers().getSpatialLayer() == layer;
  }

  private static Predicate<ControlEvent> isSuspended(Suspension by) {
    return e -> e.hasConsumerState() && e.getConsumerState().getSuspension() == by;
  }

  private void show(String consumer, View.Builder view) {
    var reply =
        world.call(
            ControlRequest.newBuilder()
                .setSetView(SetView.newBuilder().setConsumerId(consumer).setView(view)));
    assertTrue(reply.hasDone(), reply::toString);
  }

  @Test
  void theLayerFollowsTheTile() throws IOException {
    var room = world.room();
    var from = world.join(room);
    var to = world.join(room);
    var producer = world.produce(from.transport(), World.video(VIDEO, STREAMS));
    var plain = World.withoutFeedback(room.getRtpCapabilities());
    var consumer = world.consume(to, producer, plain).getConsumerId();
    sendUntil(from, showsLayer(2));
    show(consumer, View.newBuilder().setWidth(320).setHeight(180));
    sendUntil(from, showsLayer(0));
    show(consumer, View.newBuilder().setWidth(640).setHeight(360));
    sendUntil(from, showsLayer(1));
    show(consumer, View.newBuilder().setHidden(true));
    sendUntil(from, isSuspended(Suspension.HIDDEN));
    show(consumer, View.newBuilder().setWidth(1_280).setHeight(720));
    sendUntil(from, showsLayer(2));
    // What arrived is what was said, in this order.
    var layers = new ArrayList<String>();
    to.peer().pump();
    World.await("silence", () -> to.peer().isQuiet(), () -> to.peer().pump());
    for (var got = to.peer().pollRtp(); got != null; got = to.peer().pollRtp()) {
      var text = World.payload(got).substring(5);
      if (layers.isEmpty() || !layers.getLast().equals(text)) {
        layers.add(text);
      }
    }
    assertEquals(List.of("layer 2", "layer 0", "layer 1", "layer 2"), withoutBeginning(layers));
  }

  /// Until all layers have come once, the lowest that has counts.
  private static List<String> withoutBeginning(List<String> layers) {
    return layers.subList(layers.indexOf("layer 2"), layers.size());
  }

  @Test
  void pausesAreToldAndHold() throws IOException {
    var room = world.room();
    var from = world.join(room);
    var to = world.join(room);
    var producer = world.produce(from.transport(), World.video(VIDEO, STREAMS));
    var plain = World.withoutFeedback(room.getRtpCapabilities());
    var consumer = world.consume(to, producer, plain).getConsumerId();
    sendUntil(from, showsLayer(2));
    pauseConsumer(consumer, true);
    sendUntil(from, isSuspended(Suspension.BY_CONSUMER));
    pauseProducer(producer, true);
    pauseConsumer(consumer, false);
    sendUntil(from, isSuspended(Suspension.BY_PRODUCER));
    pauseProducer(producer, false);
    sendUntil(from, showsLayer(2));
  }

  private void pauseConsumer(String id, boolean isPaused) {
    var request = PauseConsumer.newBuilder().setConsumerId(id).setPaused(isPaused);
    assertTrue(world.call(ControlRequest.newBuilder().setPauseConsumer(request)).hasDone());
  }

  private void pauseProducer(String id, boolean isPaused) {
    var request = PauseProducer.newBuilder().setProducerId(id).setPaused(isPaused);
    assertTrue(world.call(ControlRequest.newBuilder().setPauseProducer(request)).hasDone());
  }

  @Test
  void whoSpeaksIsHeardAndSeen() throws IOException {
    var room =
        world.room(
            CreateRouter.newBuilder()
                .setLastN(LastN.newBuilder().setAudio(1).setVideo(1))
                .setLoudestMax(3)
                .build());
    var first = world.join(room);
    var second = world.join(room);
    var to = world.join(room);
    var plain = World.withoutFeedback(room.getRtpCapabilities());
    var voices =
        List.of(
            world.produce(first.transport(), World.audio(0x100)),
            world.produce(second.transport(), World.audio(0x200)));
    world.produce(first.transport(), World.video(VIDEO, 1));
    var picture = world.produce(second.transport(), World.video(VIDEO + 64, 1));
    var heard = world.consume(to, voices.get(1), plain).getConsumerId();
    var seen = world.consume(to, picture, plain).getConsumerId();
    world.awaitEvent(e -> isOf(e, heard, Suspension.OUTSIDE_LAST_N));
    var sequence = new int[1];
    World.Meanwhile speech =
        () -> {
          sequence[0]++;
          first.peer().send(first.peer().protect(World.voice(0x100, sequence[0], 90, "quiet")));
          second.peer().send(second.peer().protect(World.voice(0x200, sequence[0], 20, "loud")));
          // 20 ms of audio take 20 ms: who speaks is found by time.
          to.peer().pump();
        };
    var wanted = new ArrayList<Predicate<ControlEvent>>();
    wanted.add(e -> isOf(e, heard, Suspension.NOT_SUSPENDED));
    wanted.add(e -> isOf(e, seen, Suspension.NOT_SUSPENDED));
    wanted.add(e -> e.getActiveSpeaker().getProducerId().equals(voices.get(1)));
    wanted.add(e ->
        e.getLoudest().getLevelsCount() > 0
            && e.getLoudest().getLevels(0).getProducerId().equals(voices.get(1)));
    World.await(
        "the speaker",
        () -> {
          for (var event = world.pollEvent(_ -> true);
              event != null;
              event = world.pollEvent(_ -> true)) {
            var got = event;
            wanted.removeIf(w -> w.test(got));
          }
          return wanted.isEmpty();
        },
        speech);
    assertEquals("loud", World.text(to.peer().awaitRtp()));
  }

  private static boolean isOf(ControlEvent event, String consumer, Suspension suspension) {
    return event.getConsumerState().getConsumerId().equals(consumer)
        && event.getConsumerState().getSuspension() == suspension;
  }
}
