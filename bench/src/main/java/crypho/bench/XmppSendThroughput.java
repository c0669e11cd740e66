package crypho.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/// (a) of ejabberd: the work of [SendThroughput]. A send is done when stream management (XEP-0198)
/// acknowledges it: ejabberd has then written it to the sender's archive, the earliest moment at
/// which it is durable. It writes it to the receiver's archive too, a little later.
final class XmppSendThroughput {
  private static final int DRAIN_MS_MAX = 20_000;

  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong delivered = new AtomicLong();
  private final Samples answers = new Samples();
  private volatile boolean isMeasuring;
  private volatile boolean isOver;

  /// One person who keeps its window full. On the crowd's thread.
  private final class Sender implements BiConsumer<XmppSocket, XmppStanza> {
    private final XmppMessage[] conversations = new XmppMessage[Layout.CONVERSATIONS_EACH];
    private final ArrayDeque<Long> sentAt = new ArrayDeque<>();
    private long acknowledged;
    private int requests;

    Sender(int number) {
      for (var which = 0; which < conversations.length; which++) {
        conversations[which] = XmppMessage.chat(Layout.receiver(number, which));
      }
    }

    void fill(XmppSocket socket) {
      for (var i = 0; i < SendThroughput.WINDOW; i++) {
        sendNext(socket);
      }
    }

    private void sendNext(XmppSocket socket) {
      if (isOver) {
        return;
      }
      var request = ++requests;
      sent.incrementAndGet();
      sentAt.add(System.nanoTime());
      socket.send(conversations[request % conversations.length].stanza(request) + ASK);
    }

    @Override
    public void accept(XmppSocket socket, XmppStanza stanza) {
      if (stanza.is("a")) {
        var handled = Long.parseLong(String.valueOf(stanza.attribute("h")));
        var fresh = handled - acknowledged;
        acknowledged = handled;
        accepted.addAndGet(fresh);
        for (var i = 0; i < fresh; i++) {
          var began = sentAt.remove();
          if (isMeasuring) {
            answers.add(System.nanoTime() - began);
          }
          sendNext(socket);
        }
      } else if (stanza.is("message")) {
        refused.incrementAndGet();
      }
    }
  }

  /// Asks for an acknowledgement of everything before it.
  static final String ASK = "<r xmlns='urn:xmpp:sm:3'/>";

  static Row measure(EjabberdProcess server, EjabberdData data)
      throws IOException, SQLException, InterruptedException {
    return new XmppSendThroughput().run(server, data);
  }

  private Row run(EjabberdProcess server, EjabberdData data)
      throws IOException, SQLException, InterruptedException {
    var archivedBefore = data.archived();
    try (var crowd = new XmppCrowd(server.address())) {
      crowd.connect(
          Layout.SENDERS,
          2 * Layout.SENDERS,
          false,
          _ ->
              (socket, stanza) -> {
                if (stanza.is("message")) {
                  delivered.incrementAndGet();
                }
              });
      var senders = new Sender[Layout.SENDERS];
      var sockets =
          crowd.connect(0, Layout.SENDERS, true, number -> senders[number] = new Sender(number));
      for (var number = 0; number < senders.length; number++) {
        var sender = senders[number];
        var socket = sockets.get(number);
        socket.execute(() -> sender.fill(socket));
      }
      Thread.sleep(SendThroughput.WARM_UP_MS);
      var row = measured(server, data);
      isOver = true;
      drain();
      if (crowd.lost() > 0 || refused.get() > 0) {
        System.err.println(
            "a: " + crowd.lost() + " sockets lost, " + refused.get() + " sends refused");
      }
      return row.put("refused", refused.doubleValue())
          .put("archived_per_send", (data.archived() - archivedBefore) / sent.doubleValue());
    }
  }

  private Row measured(EjabberdProcess server, EjabberdData data) throws InterruptedException {
    isMeasuring = true;
    var began = System.nanoTime();
    var before = accepted.get();
    var deliveredBefore = delivered.get();
    var serverBefore = server.cpuSeconds();
    var databaseBefore = Proc.cpuSeconds(data.postgres().processIds());
    var ownBefore = Proc.cpuSeconds(ProcessHandle.current().pid());
    Thread.sleep(SendThroughput.MEASURED_MS);
    isMeasuring = false;
    var seconds = (System.nanoTime() - began) / 1e9;
    var sends = accepted.get() - before;
    var serverCpu = server.cpuSeconds() - serverBefore;
    var databaseCpu = Proc.cpuSeconds(data.postgres().processIds()) - databaseBefore;
    var ownCpu = Proc.cpuSeconds(ProcessHandle.current().pid()) - ownBefore;
    return SendThroughput.row(
        sends, delivered.get() - deliveredBefore, seconds, serverCpu, databaseCpu, ownCpu, answers);
  }

  /// Until everything that was sent has arrived, so that the archives can be counted.
  private void drain() throws InterruptedException {
    var end = System.nanoTime() + DRAIN_MS_MAX * 1_000_000L;
    while (delivered.get() + refused.get() < sent.get() && System.nanoTime() < end) {
      Thread.sleep(50);
    }
  }
}
