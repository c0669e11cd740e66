package crypho.bench;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/// (b) of ejabberd: the work of [SendLatency].
final class XmppSendLatency {
  private final Samples receipts = new Samples();
  private final AtomicLong refused = new AtomicLong();
  private long measuredFrom = Long.MAX_VALUE;

  static Row measure(EjabberdProcess server) throws IOException, InterruptedException {
    return new XmppSendLatency().run(server);
  }

  private Row run(EjabberdProcess server) throws IOException, InterruptedException {
    try (var crowd = new XmppCrowd(server.address())) {
      crowd.connect(
          Layout.SENDERS, 2 * Layout.SENDERS, false, _ -> (socket, stanza) -> onReceived(stanza));
      var sockets =
          crowd.connect(
              0,
              Layout.SENDERS,
              true,
              _ ->
                  (socket, stanza) -> {
                    if (stanza.is("message")) {
                      refused.incrementAndGet();
                    }
                  });
      var conversations = new XmppMessage[Layout.SENDERS * Layout.CONVERSATIONS_EACH];
      for (var i = 0; i < conversations.length; i++) {
        conversations[i] =
            XmppMessage.chat(
                Layout.receiver(i / Layout.CONVERSATIONS_EACH, i % Layout.CONVERSATIONS_EACH));
      }
      var schedule = new SendLatency.Schedule(conversations.length);
      measuredFrom = schedule.measuredFrom();
      for (var i = 0; i < SendLatency.Schedule.ALL; i++) {
        var due = schedule.awaitDue(i);
        var which = schedule.which(i);
        sockets
            .get(which / Layout.CONVERSATIONS_EACH)
            .send(conversations[which].stanza(due) + XmppSendThroughput.ASK);
      }
      Thread.sleep(1_000);
      return SendLatency.row(receipts, refused.get());
    }
  }

  private void onReceived(XmppStanza stanza) {
    if (stanza.is("message")) {
      var due = Long.parseLong(String.valueOf(stanza.attribute("id")));
      if (due >= measuredFrom) {
        receipts.add(System.nanoTime() - due);
      }
    }
  }
}
