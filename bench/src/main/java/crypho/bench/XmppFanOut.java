package crypho.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// (c) of ejabberd: the work of [FanOut] in a room (XEP-0045) with an archive. The room announces
/// nobody's presence, in its favour.
final class XmppFanOut {
  private static final int JOIN_SECONDS_MAX = 120;

  private final FanOut rounds = new FanOut();
  private final CountDownLatch joined = new CountDownLatch(Layout.CROWD_TO - Layout.CROWD_FROM);
  private volatile boolean isRefused;

  static Row measure(EjabberdProcess server, EjabberdData data)
      throws IOException, SQLException, InterruptedException {
    return new XmppFanOut().run(server, data);
  }

  private Row run(EjabberdProcess server, EjabberdData data)
      throws IOException, SQLException, InterruptedException {
    try (var crowd = new XmppCrowd(server.address())) {
      var sockets =
          crowd.connect(
              Layout.CROWD_FROM, Layout.CROWD_TO, false, _ -> (socket, stanza) -> onStanza(stanza));
      for (var socket : sockets) {
        socket.send(
            "<presence to='"
                + Ejabberd.ROOM
                + "/"
                + Ejabberd.user(socket.number())
                + "'><x xmlns='http://jabber.org/protocol/muc'/></presence>");
      }
      if (!joined.await(JOIN_SECONDS_MAX, TimeUnit.SECONDS) || isRefused) {
        throw new IOException(joined.getCount() + " did not get into the room");
      }
      var message = XmppMessage.groupChat(Ejabberd.ROOM);
      var sender = sockets.getFirst();
      var before = data.archived();
      var row = rounds.rounds(number -> sender.send(message.stanza(number)), server::cpuSeconds);
      return row.put("archived", (double) data.archived() - before);
    }
  }

  /// Whoever has joined is told the room's subject last, even where there is none.
  private void onStanza(XmppStanza stanza) {
    if (stanza.is("message")) {
      if (joined.getCount() > 0 && stanza.contains("<subject")) {
        joined.countDown();
      } else {
        rounds.onReceived();
      }
    } else if (stanza.is("presence") && "error".equals(stanza.attribute("type"))) {
      System.err.println(stanza);
      isRefused = true;
      joined.countDown();
    }
  }
}
