package crypho.client.cli;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.Secret;
import crypho.client.Client;
import crypho.client.ClientException;
import crypho.client.Conversation;
import crypho.client.LogInOutcome;
import crypho.client.Received;
import crypho.client.Session;
import crypho.client.SignUpOutcome;
import crypho.client.mls.MlsException;
import crypho.client.rpc.RpcFailure;
import crypho.wire.v1.Contact;
import crypho.wire.v1.Language;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A person or a bot at the Java client: reads a command a line from standard input, a JSON object
/// with `do`, and writes an answer a line, with `ok` or `error`. People and conversations are named
/// by their ids, which `contacts` and `conversations` tell. Secrets come by standard input alone.
///
/// | do               | with                                     | ok                             |
/// | ---------------- | ---------------------------------------- | ------------------------------ |
/// | `start`          | `email`                                  | true: a link was mailed        |
/// | `signUp`         | `token` of the link, `name`, `passphrase`| `account`, `totpSecret`        |
/// | `logIn`          | `email`, `passphrase`, `totpSecret`      | `account`                      |
/// | `invite`         | `email`, `note`                          | true                           |
/// | `accept`         | `name` of the one who invited            | true                           |
/// | `contacts`       |                                          | list of `account`, `name`      |
/// | `conversations`  |                                          | list of `conversation`, `name` |
/// | `direct`         | `account`                                | `conversation`                 |
/// | `group`          | `name`, `accounts`                       | `conversation`                 |
/// | `add`, `remove`  | `conversation`, `accounts`               | true                           |
/// | `renew`          | `conversation`                           | true                           |
/// | `send`           | `conversation`, `text`                   | true                           |
/// | `read`           | `conversation`                           | list of `account`, `text` or `unreadable` |
/// | `logOut`         |                                          | true                           |
public final class LineClient {
  private final Client client;
  private @Nullable Session session;

  private LineClient(Client client) {
    this.client = client;
  }

  /// @param arguments the server's address
  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 1) {
      System.err.println("Usage: LineClient https://chat.example.org");
      System.exit(2);
    }
    var self = new LineClient(Client.of(URI.create(arguments[0])));
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (var line = in.readLine(); line != null; line = in.readLine()) {
      out.println(self.answer(line));
    }
  }

  private String answer(String line) throws IOException {
    var answer = Struct.newBuilder();
    try {
      var command = Struct.newBuilder();
      JsonFormat.parser().merge(line, command);
      answer.putFields("ok", run(new Command(command.build())));
    } catch (IOException
        | RpcFailure
        | ClientException
        | MlsException
        | IllegalArgumentException e) {
      answer.putFields("error", text(String.valueOf(e.getMessage())));
    }
    return JsonFormat.printer().omittingInsignificantWhitespace().print(answer);
  }

  /// The fields of a command; one that is missing ends it.
  private record Command(Struct fields) {
    String text(String name) {
      var value = fields.getFieldsMap().get(name);
      if (value == null || !value.hasStringValue()) {
        throw new IllegalArgumentException("“" + name + "” is missing");
      }
      return value.getStringValue();
    }

    AccountId account() {
      return AccountId.parse(text("account"));
    }

    List<AccountId> accounts() {
      var value = fields.getFieldsMap().get("accounts");
      if (value == null) {
        throw new IllegalArgumentException("“accounts” is missing");
      }
      return value.getListValue().getValuesList().stream()
          .map(each -> AccountId.parse(each.getStringValue()))
          .toList();
    }
  }

  private Value run(Command command) throws IOException, RpcFailure, ClientException, MlsException {
    switch (command.text("do")) {
      case "start" -> client.startSignUp(command.text("email"), Language.LANGUAGE_EN);
      case "signUp" -> {
        return signUp(command);
      }
      case "logIn" -> {
        return logIn(command);
      }
      case "invite" -> session().invite(command.text("email"), command.text("note"));
      case "accept" -> accept(command.text("name"));
      case "contacts" -> {
        return list(
            session().contacts().getContactsList().stream().map(LineClient::shown).toList());
      }
      case "conversations" -> {
        return conversations();
      }
      case "direct" -> {
        return shown(session().direct(command.account()));
      }
      case "group" -> {
        return shown(session().group(command.text("name"), command.accounts()));
      }
      case "add" -> conversation(command).add(command.accounts());
      case "remove" -> conversation(command).remove(command.accounts());
      case "renew" -> conversation(command).renew();
      case "send" -> conversation(command).send(command.text("text"));
      case "read" -> {
        return read(conversation(command));
      }
      case "logOut" -> session().logOut();
      default -> throw new IllegalArgumentException("there is no such command");
    }
    return Value.newBuilder().setBoolValue(true).build();
  }

  private Session session() throws ClientException {
    if (session == null) {
      throw new ClientException("nobody is signed in");
    }
    return session;
  }

  private Value signUp(Command command) throws IOException, RpcFailure, ClientException {
    var token = Bytes.wrap(Base64.getUrlDecoder().decode(command.text("token")));
    var person = new Client.Person(command.text("name"), command.text("passphrase"), "LineClient");
    return switch (client.completeSignUp(token, person)) {
      case SignUpOutcome.SignedUp(var signedUp, var totpSecret) -> {
        session = signedUp;
        var secret = Base64.getEncoder().encodeToString(totpSecret.reveal());
        yield object(Map.of("account", signedUp.account().toString(), "totpSecret", secret));
      }
      case SignUpOutcome.LinkExpired _ -> throw new ClientException("the link is used or expired");
      case SignUpOutcome.WrongCode _ -> throw new ClientException("the clock is off");
    };
  }

  private Value logIn(Command command) throws IOException, RpcFailure, ClientException {
    var secret = Secret.wrap(Base64.getDecoder().decode(command.text("totpSecret")));
    var outcome =
        client.logIn(command.text("email"), command.text("passphrase"), secret, "LineClient");
    return switch (outcome) {
      case LogInOutcome.LoggedIn(var loggedIn) -> {
        session = loggedIn;
        yield object(Map.of("account", loggedIn.account().toString()));
      }
      case LogInOutcome.WrongCredentials _ -> throw new ClientException("wrong credentials");
      case LogInOutcome.WrongCode _ -> throw new ClientException("wrong code");
      case LogInOutcome.TicketExpired _ -> throw new ClientException("too slow");
    };
  }

  private void accept(String name) throws IOException, RpcFailure, ClientException {
    for (var received : session().contacts().getReceivedList()) {
      if (received.getDisplayName().equals(name)) {
        session().accept(received.getInvitationId());
        return;
      }
    }
    throw new ClientException("no invitation from anybody of that name");
  }

  private Value conversations() throws IOException, RpcFailure, ClientException, MlsException {
    var all = new ArrayList<Value>();
    for (var each : session().conversations()) {
      each.read(0);
      all.add(shown(each));
    }
    return list(all);
  }

  private Conversation conversation(Command command)
      throws IOException, RpcFailure, ClientException, MlsException {
    var found = session().conversation(ConversationId.parse(command.text("conversation")));
    found.sync();
    return found;
  }

  private static Value read(Conversation conversation)
      throws IOException, RpcFailure, ClientException {
    var all = new ArrayList<Value>();
    for (var received : conversation.read(0)) {
      var account = received.sender().toString();
      switch (received) {
        case Received.Opened opened when opened.content().hasText() ->
            all.add(
                object(Map.of("account", account, "text", opened.content().getText().getText())));
        case Received.Unreadable(_, _, _, var reason) ->
            all.add(object(Map.of("account", account, "unreadable", reason.name())));
        case Received.Opened _, Received.Erased _ -> {}
      }
    }
    return list(all);
  }

  private static Value shown(Contact contact) {
    return object(Map.of("account", contact.getAccountId(), "name", contact.getDisplayName()));
  }

  private static Value shown(Conversation conversation) {
    return object(
        Map.of("conversation", conversation.id().toString(), "name", conversation.name()));
  }

  private static Value object(Map<String, String> fields) {
    var object = Struct.newBuilder();
    fields.forEach((name, value) -> object.putFields(name, text(value)));
    return Value.newBuilder().setStructValue(object).build();
  }

  private static Value list(List<Value> values) {
    return Value.newBuilder().setListValue(ListValue.newBuilder().addAllValues(values)).build();
  }

  private static Value text(String value) {
    return Value.newBuilder().setStringValue(value).build();
  }
}
