package crypho.bench;

import crypho.client.load.LoadLoop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/// (f) of ejabberd: the work of [Returning]. Each reads from its own archive (XEP-0313) what came
/// after the message that it has. Its database lives on while it is killed, in its favour.
final class XmppReturning {
  private static final int KNOWN = Layout.HISTORY / 2;

  private final LoadLoop loop;
  private final String query;
  private final int people = Layout.RETURNING_TO - Layout.RETURNING_FROM;
  private final Set<Integer> caughtUp = ConcurrentHashMap.newKeySet();
  private final Map<Integer, Integer> attempts = new ConcurrentHashMap<>();
  private final AtomicInteger retries = new AtomicInteger();
  private final CompletableFuture<Long> all = new CompletableFuture<>();

  private XmppReturning(LoadLoop loop, Instant now) {
    this.loop = loop;
    this.query =
        "<iq type='set' id='lacking'><query xmlns='urn:xmpp:mam:2'>"
            + "<set xmlns='http://jabber.org/protocol/rsm'><max>50</max><after>"
            + EjabberdData.historyAt(now, KNOWN - 1)
            + "</after></set></query></iq>";
  }

  /// What came of it: the row, and the server that runs now.
  record Result(Row row, EjabberdProcess server) {}

  static Result measure(Path home, EjabberdData data, EjabberdProcess old, Instant now)
      throws IOException, InterruptedException {
    try (var crowd = new XmppCrowd(old.address())) {
      crowd.connect(Layout.RETURNING_FROM, Layout.RETURNING_TO, false, _ -> XmppCrowd.ignoring());
      old.kill();
    }
    try (var loop = new LoadLoop(old.address(), 1)) {
      var returning = new XmppReturning(loop, now);
      var killed = System.nanoTime();
      for (var i = Layout.RETURNING_FROM; i < Layout.RETURNING_TO; i++) {
        returning.comeBack(i);
      }
      var server = EjabberdProcess.start(home, data, old.port());
      var ready = System.nanoTime();
      try {
        var last = returning.all.get(Returning.WAIT_SECONDS_MAX, TimeUnit.SECONDS);
        return new Result(
            Returning.row(killed, ready, last, server.readySeconds(), returning.retries.get()),
            server);
      } catch (ExecutionException | TimeoutException e) {
        server.close();
        throw new IOException(
            returning.caughtUp.size() + " of " + returning.people + " came back", e);
      }
    }
  }

  private void comeBack(int number) {
    if (loop.isClosing()) {
      return;
    }
    var socket = new XmppSocket(number, false, new Person(number));
    var _ =
        XmppCrowd.open(loop, socket)
            .whenComplete((_, failure) -> {
              if (failure == null) {
                socket.send(query);
              } else {
                later(number);
              }
            });
  }

  private void later(int number) {
    retries.incrementAndGet();
    var delay = Returning.delayMs(attempts.merge(number, 1, Integer::sum));
    CompletableFuture.delayedExecutor(delay, TimeUnit.MILLISECONDS).execute(() -> comeBack(number));
  }

  /// On the event loop.
  private final class Person implements XmppSocket.Listener {
    private final int number;
    private int read;

    Person(int number) {
      this.number = number;
    }

    @Override
    public void onStanza(XmppSocket socket, XmppStanza stanza) {
      if (stanza.is("message")) {
        read++;
      } else if (stanza.is("iq") && "lacking".equals(stanza.attribute("id"))) {
        if (read != Layout.HISTORY - KNOWN) {
          all.completeExceptionally(new IOException(read + " messages: " + stanza));
        } else if (caughtUp.add(number) && caughtUp.size() == people) {
          all.complete(System.nanoTime());
        }
      }
    }

    /// Cut after it was let in, before it was served: it comes again, as anybody would.
    @Override
    public void onClosed(XmppSocket socket) {
      if (!caughtUp.contains(number) && !socket.ready().isCompletedExceptionally()) {
        later(number);
      }
    }
  }
}
