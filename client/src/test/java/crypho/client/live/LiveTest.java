package crypho.client.live;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.client.Client;
import crypho.client.ClientException;
import crypho.client.LogInOutcome;
import crypho.client.SignUpOutcome;
import crypho.client.rpc.RpcFailure;
import crypho.wire.v1.Content;
import crypho.wire.v1.GroupSettings;
import crypho.wire.v1.ServerFrame;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What a program does with the library, against the real server: from the mailed link to the full
/// history on a second device.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LiveTest {
  private static final String BEGINS = "  // README begins\n";
  private static final String ENDS = "  // README ends\n";
  private @Nullable LiveServer started;

  @BeforeAll
  void start() throws Exception {
    started = LiveServer.start();
  }

  @AfterAll
  void stop() throws Exception {
    server().close();
  }

  private LiveServer server() {
    return Objects.requireNonNull(started);
  }

  @Test
  void twoPeopleBecomeContactsAndTalkBothWays() throws Exception {
    var alice = Someone.signUp(server(), "Alice");
    var bob = Someone.signUp(server(), "Bob");
    alice.befriend(bob);
    assertEquals("Bob", alice.session().contacts().getContacts(0).getDisplayName());

    var events = new LinkedBlockingQueue<ServerFrame>();
    try (var socket = bob.session().listen(events::add)) {
      assertTrue(socket.hello().getPingIntervalMs() > 0);
      var direct = alice.session().direct(bob.account());
      direct.send("hello Bob");
      awaitEntry(events);
      assertEquals(List.of("hello Bob"), bob.texts(direct));
      var there = bob.session().direct(alice.account());
      assertEquals(direct.id(), there.id());
      there.send("hello Alice");
      assertEquals(List.of("hello Bob", "hello Alice"), alice.texts(direct));
      assertArrayEquals(alice.in(direct).exported(), bob.in(direct).exported());
      assertEquals(
          Set.of(alice.account(), bob.account()),
          direct.members().stream().map(leaf -> leaf.account()).collect(Collectors.toSet()));
    }
    assertFalse(server().log().contains("Alice"), "no name in the log");
  }

  private static void awaitEntry(LinkedBlockingQueue<ServerFrame> events)
      throws InterruptedException {
    while (true) {
      var event = events.poll(20, TimeUnit.SECONDS);
      assertTrue(event != null, "no entry came over the socket");
      if (event.hasEntry()) {
        return;
      }
    }
  }

  @Test
  void aGroupOfThreeGrowsAndShrinks() throws Exception {
    var owner = Someone.signUp(server(), "Olga");
    var first = Someone.signUp(server(), "Fred");
    var second = Someone.signUp(server(), "Siri");
    owner.befriend(first);
    owner.befriend(second);

    var group = owner.session().group("Night shift", List.of(first.account()));
    group.send("before Siri");
    first.in(group).send("so it is");
    assertEquals(List.of("before Siri", "so it is"), owner.texts(group));

    group.add(List.of(second.account()));
    group.send("hello Siri");
    second.in(group).send("hello both");
    assertEquals(List.of("hello Siri", "hello both"), second.texts(group));
    assertEquals(
        List.of("before Siri", "so it is", "hello Siri", "hello both"), first.texts(group));
    assertEquals("Night shift", second.in(group).name());
    var there = second.in(group);
    assertThrows(ClientException.class, () -> there.name("Siri's own"));
    var forged = GroupSettings.newBuilder().setName("Siri's own");
    there.send(Content.newBuilder().setGroupSettings(forged).build());
    assertEquals(4, owner.texts(group).size());
    assertEquals("Night shift", owner.in(group).name(), "a member who is no admin names nothing");

    // Someone who is no admin turns the epoch, and all are in it.
    first.in(group).renew();
    assertArrayEquals(first.in(group).exported(), owner.in(group).exported());
    assertArrayEquals(first.in(group).exported(), second.in(group).exported());

    group.remove(List.of(first.account()));
    var heldByFirst = first.session().conversation(group.id()).exported();
    group.send("without Fred");
    assertEquals("without Fred", second.texts(group).getLast());
    assertFalse(Arrays.equals(heldByFirst, group.exported()));
    assertEquals("hello both", first.texts(group).getLast());
    var gone = first.session().conversation(group.id());
    assertThrows(ClientException.class, () -> gone.send("let me in"));
    assertThrows(ClientException.class, gone::renew);
    assertTrue(first.session().conversations().isEmpty());
    assertEquals(List.of(group.id()), ids(second));
  }

  private static List<ConversationId> ids(Someone someone) throws Exception {
    return someone.session().conversations().stream().map(each -> each.id()).toList();
  }

  @Test
  void aSecondDeviceReadsEverythingAndTalksOn() throws Exception {
    var kari = Someone.signUp(server(), "Kari");
    var ola = Someone.signUp(server(), "Ola");
    kari.befriend(ola);
    var direct = kari.session().direct(ola.account());
    for (int i = 0; i < 3; i++) {
      direct.send("from Kari " + i);
      ola.in(direct).send("from Ola " + i);
      ola.in(direct).renew();
    }
    var said = kari.texts(direct);
    assertEquals(6, said.size());

    var tablet = kari.onAnotherDevice("tablet");
    assertEquals(List.of(direct.id()), ids(tablet));
    assertEquals(said, tablet.texts(direct));
    tablet.in(direct).send("from the tablet");
    assertEquals("from the tablet", kari.texts(direct).getLast());
    assertEquals("from the tablet", ola.texts(direct).getLast());
    ola.in(direct).send("to both devices");
    assertEquals("to both devices", kari.texts(direct).getLast());
    assertEquals("to both devices", tablet.texts(direct).getLast());
    assertEquals(3, ola.in(direct).members().size());
    assertArrayEquals(tablet.in(direct).exported(), ola.in(direct).exported());
    assertNotEquals(tablet.in(direct).epoch(), 0L);
  }

  @Test
  void aDeviceThatCameAndWentWhileNobodyWasThereIsBelieved() throws Exception {
    var hans = Someone.signUp(server(), "Hans");
    var grete = Someone.signUp(server(), "Grete");
    hans.befriend(grete);
    var direct = hans.session().direct(grete.account());
    direct.send("from the first device");
    var brief = hans.onAnotherDevice("brief");
    brief.in(direct).send("from the brief one");
    brief.session().logOut();
    assertEquals(List.of(hans.session().device()), hans.session().devices());
    direct.send("from the first again");
    assertEquals(2, hans.in(direct).members().size());

    var said = List.of("from the first device", "from the brief one", "from the first again");
    assertEquals(said, grete.texts(direct), "one who followed none of it meanwhile");
    assertEquals(said, grete.onAnotherDevice("new").texts(direct), "one who was not there at all");
  }

  @Test
  void theAccountKeyTurnsAndAllThatRemainFollow() throws Exception {
    var phone = Someone.signUp(server(), "Trygve");
    var other = Someone.signUp(server(), "Turid");
    phone.befriend(other);
    var direct = phone.session().direct(other.account());
    direct.send("one");
    var tablet = phone.onAnotherDevice("tablet");
    tablet.in(direct).send("two");

    // Whatever is unlinked, the key turns: twice by the one device, while the other knows nothing.
    var never = new DeviceId("d".repeat(16));
    tablet.session().unlink(never);
    tablet.session().unlink(never);
    other.in(direct).renew();
    other.in(direct).send("three");
    assertEquals(List.of("one", "two", "three"), tablet.texts(direct));
    assertEquals(List.of("one", "two", "three"), phone.texts(direct));

    phone.session().unlink(tablet.session().device());
    assertEquals(List.of(phone.session().device()), phone.session().devices());
    assertThrows(RpcFailure.class, tablet.session()::devices);
    other.in(direct).send("four");
    assertEquals(List.of("one", "two", "three", "four"), phone.texts(direct));
    assertEquals(2, other.in(direct).members().size());
  }

  @Test
  void whatWasSentIsThereOnceThoughTheAnswerWasLost() throws Exception {
    try (var proxy = new LossyProxy(server().uri())) {
      var lossy = Someone.signUp(server(), proxy.uri(), "Lars");
      var other = Someone.signUp(server(), "Otto");
      lossy.befriend(other);
      var direct = lossy.session().direct(other.account());
      proxy.lose("Send", 2);
      direct.send("once");
      assertEquals(0, proxy.left("Send"));
      assertEquals(List.of("once"), other.texts(direct));
    }
  }

  @Test
  void aDeviceThatDoesNotKnowItsOwnCommitJoinsAgain() throws Exception {
    try (var proxy = new LossyProxy(server().uri())) {
      var lossy = Someone.signUp(server(), proxy.uri(), "Lotte");
      var other = Someone.signUp(server(), "Oda");
      lossy.befriend(other);
      var direct = lossy.session().direct(other.account());
      direct.send("before");
      var before = direct.epoch();
      proxy.lose("Commit", 100);
      assertThrows(IOException.class, direct::renew);
      assertEquals(before, direct.epoch(), "its own commit does not count");
      proxy.lose("Commit", 0);
      other.in(direct).send("meanwhile");
      assertEquals(before + 1, other.in(direct).epoch(), "but the server has taken it");

      direct.send("after");
      assertEquals(List.of("before", "meanwhile", "after"), lossy.texts(direct));
      assertEquals(List.of("before", "meanwhile", "after"), other.texts(direct));
      assertEquals(2, other.in(direct).members().size(), "the lost leaf is gone");
      assertArrayEquals(direct.exported(), other.in(direct).exported());
    }
  }

  @Test
  void theExampleOfTheReadmeDoesWhatItSays() throws Exception {
    var source = Files.readString(Path.of("src/test/java/crypho/client/live/Example.java"));
    var shown = source.substring(source.indexOf(BEGINS) + BEGINS.length(), source.indexOf(ENDS));
    var readme = Files.readString(Path.of("README.md"));
    assertTrue(readme.contains("```java\n" + shown.stripTrailing().stripIndent() + "\n```"), shown);

    var person = Someone.signUp(server(), "Pia");
    var bot = Someone.signUp(server(), "Bot");
    assertTrue(person.session().invite(bot.email(), "").hasInvited());
    assertEquals(List.of("Hello Pia"), bot.greetAsExample());
    var direct = person.session().direct(bot.account());
    assertEquals(List.of("Hello Pia"), person.texts(direct));
  }

  @Test
  void wrongSecretsAndUsedLinksAreOutcomes() throws Exception {
    var person = Someone.signUp(server(), "Wanda");
    assertInstanceOf(
        LogInOutcome.WrongCredentials.class, person.logIn("not the passphrase", "device"));
    var used = server().linkToken(person.email());
    var again =
        Client.of(server().uri())
            .completeSignUp(used, new Client.Person("Wanda", "x y z w", "program"));
    assertInstanceOf(SignUpOutcome.LinkExpired.class, again);
    var never = Bytes.wrap(new byte[32]);
    assertInstanceOf(
        SignUpOutcome.LinkExpired.class,
        Client.of(server().uri())
            .completeSignUp(never, new Client.Person("Nobody", "x y z w", "program")));
  }
}
