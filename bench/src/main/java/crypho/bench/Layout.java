package crypho.bench;

import crypho.base.ConversationId;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.stream.IntStream;

/// Who is in which conversation. One data directory serves all rows.
///
/// People 0–63 send, 64–127 receive: each sender has 8 conversations, 512 in all. People
/// 1,000–2,999 are the group of 2,000. People 3,000–7,999 are in 500 groups of 10 with some history
/// each; they come back after the restart. People 0–14,999 connect for the memory row.
final class Layout {
  static final int SENDERS = 64;
  static final int CONVERSATIONS_EACH = 8;
  static final int PEOPLE = 15_000;
  static final int CROWD_FROM = 1_000;
  static final int CROWD_TO = 3_000;
  static final int RETURNING_FROM = 3_000;
  static final int RETURNING_TO = 8_000;
  static final int GROUP_SIZE = 10;
  static final int HISTORY = 20;

  private Layout() {}

  static ConversationId direct(int sender, int which) {
    return People.conversation("direct", sender * CONVERSATIONS_EACH + which);
  }

  static int receiver(int sender, int which) {
    return SENDERS + (sender * CONVERSATIONS_EACH + which) % SENDERS;
  }

  static ConversationId crowd() {
    return People.conversation("crowd", 0);
  }

  static ConversationId returning(int group) {
    return People.conversation("returning", group);
  }

  static void seed(Path data, Instant now) throws IOException, SQLException {
    try (var seed = Seed.open(data, now)) {
      seed.people(0, PEOPLE);
      for (var sender = 0; sender < SENDERS; sender++) {
        for (var which = 0; which < CONVERSATIONS_EACH; which++) {
          seed.direct(direct(sender, which), sender, receiver(sender, which));
        }
      }
      seed.group(crowd(), IntStream.range(CROWD_FROM, CROWD_TO).toArray(), 0);
      var groups = (RETURNING_TO - RETURNING_FROM) / GROUP_SIZE;
      for (var group = 0; group < groups; group++) {
        var first = RETURNING_FROM + group * GROUP_SIZE;
        seed.group(returning(group), IntStream.range(first, first + GROUP_SIZE).toArray(), HISTORY);
      }
    }
  }
}
