package crypho.client.live;

import crypho.base.AccountId;
import crypho.base.Secret;
import crypho.client.Client;
import crypho.client.LogInOutcome;
import crypho.client.Received;
import java.util.ArrayList;
import java.util.List;

/// The example of client/README.md, which shows the lines between the marks.
final class Example {
  private Example() {}

  // README begins
  /// Accepts who has invited the bot, greets its contacts, and gives all that it may read.
  static List<String> greet(Client client, String email, String passphrase, Secret totpSecret)
      throws Exception {
    var outcome = client.logIn(email, passphrase, totpSecret, "greeter");
    if (!(outcome instanceof LogInOutcome.LoggedIn(var session))) {
      throw new IllegalStateException("not signed in: " + outcome);
    }
    for (var invitation : session.contacts().getReceivedList()) {
      session.accept(invitation.getInvitationId());
    }
    for (var contact : session.contacts().getContactsList()) {
      var direct = session.direct(AccountId.parse(contact.getAccountId()));
      direct.send("Hello " + contact.getDisplayName());
    }
    var texts = new ArrayList<String>();
    for (var conversation : session.conversations()) {
      for (var received : conversation.read(0)) {
        if (received instanceof Received.Opened message && message.content().hasText()) {
          texts.add(message.content().getText().getText());
        }
      }
    }
    session.logOut();
    return texts;
  }
  // README ends
}
