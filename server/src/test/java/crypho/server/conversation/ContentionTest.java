package crypho.server.conversation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.ConversationId;
import crypho.mls.MemberId;
import crypho.server.testing.Together;
import crypho.wire.v1.ReadLogRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/// Deposits, commits, messages and reads of the same conversations, all at once, from many more
/// callers than there are connections and carrier threads: nobody waits for anybody for long, none
/// fails, and the logs are whole. Deposits take the row's lock in their callers' threads, commits
/// and messages in the writers': a wait for one of them must keep neither a carrier nor a
/// connection from whoever holds the lock.
final class ContentionTest {
  private static final int ROOMS = 3;
  private static final int MEMBERS = 4;
  private static final int CALLS_EACH = 25;
  private static final long SEED = 20261123;

  /// A single call that waits longer has been forgotten, not served late.
  private static final Duration CALL_MAX = Duration.ofSeconds(10);

  private final AtomicLong names = new AtomicLong(1);

  /// A group, and the state that the last accepted commit led to.
  private static final class Room {
    final ConversationId id;
    final List<MemberId> members;
    private ModelGroup.State state;

    Room(ConversationId id, List<MemberId> members, ModelGroup.State state) {
      this.id = id;
      this.members = members;
      this.state = state;
    }

    synchronized ModelGroup.State state() {
      return state;
    }

    synchronized void turned(ModelGroup.State next) {
      if (next.epoch() > state.epoch()) {
        state = next;
      }
    }
  }

  private static Room room(ServiceFixture it) {
    var members = new ArrayList<MemberId>();
    for (int i = 0; i < MEMBERS; i++) {
      members.add(it.person());
    }
    var owner = members.getFirst();
    var others = members.subList(1, MEMBERS);
    others.forEach(member -> it.befriend(owner, member));
    var id = it.newId();
    var first = ModelGroup.first(0, owner, 1);
    assertTrue(it.create(owner, id, first).hasCreated());
    it.deposit(owner, id);
    var add = new ModelGroup.Commit(first.transcript(), false, others, List.of(), 2);
    var commit = it.commit(id, first, add);
    others.forEach(member -> commit.addAddedAccountIds(member.account().toString()));
    assertTrue(it.submit(owner, commit).hasAccepted());
    it.deposit(owner, id);
    return new Room(id, members, first.after(add));
  }

  /// One call as a client would make it; whether it was a message that was accepted.
  private boolean act(ServiceFixture it, Room room, MemberId who, Random random) {
    return switch (random.nextInt(6)) {
      case 0, 1 -> {
        it.deposit(who, room.id);
        yield false;
      }
      case 2 -> {
        var base = room.state();
        var nonce = names.getAndIncrement();
        var turn = new ModelGroup.Commit(base.transcript(), false, List.of(), List.of(), nonce);
        if (it.submit(who, it.commit(room.id, base, turn)).hasAccepted()) {
          room.turned(base.after(turn));
        }
        yield false;
      }
      case 3 -> {
        it.get(who, room.id);
        yield false;
      }
      default -> {
        long epoch = room.state().epoch();
        var answer = it.send(who, room.id, epoch, names.getAndIncrement());
        assertTrue(
            answer.hasAccepted() || answer.hasStaleEpoch() || answer.hasDepositIncomplete(),
            answer.toString());
        yield answer.hasAccepted();
      }
    };
  }

  @Test
  void callersAtOnceWaitForEachOtherShortly() throws Exception {
    try (var it = new ServiceFixture()) {
      var rooms = new ArrayList<Room>();
      for (int i = 0; i < ROOMS; i++) {
        rooms.add(room(it));
      }
      var accepted = new AtomicLong();
      var longest = new AtomicLong();
      var callers = new ArrayList<Callable<Boolean>>();
      for (var room : rooms) {
        for (var who : room.members) {
          for (int device = 0; device < 4; device++) {
            var random = new Random(SEED + callers.size());
            callers.add(() -> {
              for (int call = 0; call < CALLS_EACH; call++) {
                long before = System.nanoTime();
                if (act(it, room, who, random)) {
                  accepted.incrementAndGet();
                }
                longest.accumulateAndGet(System.nanoTime() - before, Math::max);
              }
              return true;
            });
          }
        }
      }
      Together.call(callers);
      assertTrue(
          longest.get() < CALL_MAX.toNanos(),
          "a call took " + Duration.ofNanos(longest.get()).toMillis() + " ms, seed " + SEED);
      long messages = 0;
      for (var room : rooms) {
        messages += readWhole(it, room);
      }
      assertTrue(accepted.get() > 0, "messages went through");
      assertEquals(accepted.get(), messages);
    }
  }

  /// The messages of a log, whose numbers have no hole.
  private static long readWhole(ServiceFixture it, Room room) {
    long last = 0;
    long messages = 0;
    while (true) {
      var page =
          it.<ReadLogRequest, crypho.wire.v1.ReadLogResponse>call(
              room.members.getFirst(),
              "ReadLog",
              ReadLogRequest.newBuilder()
                  .setConversationId(room.id.toString())
                  .setAfterSeq(last)
                  .setLimit(500)
                  .build());
      for (var entry : page.getEntriesList()) {
        assertEquals(++last, entry.getSeq());
        messages += entry.hasMessage() ? 1 : 0;
      }
      if (!page.getHasMore()) {
        return messages;
      }
    }
  }
}
