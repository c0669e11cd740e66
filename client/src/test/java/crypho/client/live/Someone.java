package crypho.client.live;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.AccountId;
import crypho.base.Rng;
import crypho.base.Secret;
import crypho.client.Client;
import crypho.client.Conversation;
import crypho.client.LogInOutcome;
import crypho.client.Received;
import crypho.client.Session;
import crypho.client.SignUpOutcome;
import crypho.wire.v1.Language;
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// A person with an account and one device.
record Someone(URI server, String email, String name, Session session, Secret totpSecret) {
  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final String PASSPHRASE = "fjord lampe sykkel torsk";

  /// Signs up by the mailed link.
  static Someone signUp(LiveServer server, String name) throws Exception {
    return signUp(server, server.uri(), name);
  }

  /// As above, with another way to the server.
  static Someone signUp(LiveServer server, URI way, String name) throws Exception {
    // A mail domain for each, by which the mail is found.
    var email = "someone@person" + COUNT.incrementAndGet() + ".example.org";
    var client = Client.of(way);
    client.startSignUp(email, Language.LANGUAGE_EN);
    var person = new Client.Person(name, PASSPHRASE, name + "'s program");
    var outcome = client.completeSignUp(server.linkToken(email), person);
    var signedUp = assertInstanceOf(SignUpOutcome.SignedUp.class, outcome);
    return new Someone(way, email, name, signedUp.session(), signedUp.totpSecret());
  }

  /// The same account on a new device. The authenticator's last code is used: the next one is taken
  /// half a minute early.
  Someone onAnotherDevice(String device) throws Exception {
    var outcome = logIn(PASSPHRASE, device);
    var loggedIn = assertInstanceOf(LogInOutcome.LoggedIn.class, outcome);
    return new Someone(server, email, name, loggedIn.session(), totpSecret);
  }

  LogInOutcome logIn(String passphrase, String device) throws Exception {
    return early().logIn(email, passphrase, totpSecret, device);
  }

  private Client early() {
    InstantSource clock = () -> InstantSource.system().instant().plusSeconds(30);
    return new Client(server, clock, Rng.secure());
  }

  List<String> greetAsExample() throws Exception {
    return Example.greet(early(), email, PASSPHRASE, totpSecret);
  }

  AccountId account() {
    return session.account();
  }

  void befriend(Someone other) throws Exception {
    assertTrue(session.invite(other.email, "It is " + name).hasInvited());
    var received = other.session.contacts().getReceivedList();
    var ofUs =
        received.stream()
            .filter(each -> each.getAccountId().equals(account().toString()))
            .findFirst()
            .orElseThrow();
    assertTrue(other.session.accept(ofUs.getInvitationId()).hasDone());
  }

  /// The conversation brought up to date here.
  Conversation in(Conversation there) throws Exception {
    var here = session.conversation(there.id());
    here.sync();
    return here;
  }

  /// All that can be read there, in order; what cannot be read fails.
  List<String> texts(Conversation there) throws Exception {
    return in(there).read(0).stream().map(Someone::text).filter(text -> !text.isEmpty()).toList();
  }

  private static String text(Received received) {
    var opened = assertInstanceOf(Received.Opened.class, received);
    return opened.content().getText().getText();
  }
}
