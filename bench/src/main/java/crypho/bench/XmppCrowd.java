package crypho.bench;

import crypho.client.load.LoadLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;

/// Many connected XMPP clients on one thread, as [Crowd] is for ours.
final class XmppCrowd implements AutoCloseable {
  private static final int OPENING_MAX = 256;
  private static final int WAIT_SECONDS_MAX = 120;

  private final LoadLoop loop;
  private final List<XmppSocket> sockets = new ArrayList<>();
  private final AtomicInteger lost = new AtomicInteger();
  private volatile boolean isClosing;

  XmppCrowd(InetSocketAddress server) {
    this.loop = new LoadLoop(server, 1);
  }

  /// Counts nothing and does nothing.
  static BiConsumer<XmppSocket, XmppStanza> ignoring() {
    return (socket, stanza) -> {};
  }

  /// Connects people `from` to `to` (exclusive) and waits until each can send and receive.
  ///
  /// @param isManaged whether they ask for acknowledgements
  List<XmppSocket> connect(
      int from,
      int to,
      boolean isManaged,
      IntFunction<? extends BiConsumer<XmppSocket, XmppStanza>> reactions)
      throws IOException, InterruptedException {
    var waiting = new CountDownLatch(to - from);
    var opening = new Semaphore(OPENING_MAX);
    var failures = new ConcurrentLinkedQueue<Throwable>();
    var added = new ArrayList<XmppSocket>();
    for (var number = from; number < to; number++) {
      opening.acquire();
      var socket = new XmppSocket(number, isManaged, new Member(reactions.apply(number)));
      added.add(socket);
      var _ =
          open(loop, socket)
              .whenComplete((_, cause) -> {
                if (cause != null) {
                  failures.add(cause);
                }
                opening.release();
                waiting.countDown();
              });
    }
    var isWhole = waiting.await(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
    if (!isWhole || !failures.isEmpty()) {
      throw new IOException(
          failures.size()
              + " clients were refused, "
              + waiting.getCount()
              + " wait: "
              + failures.peek());
    }
    sockets.addAll(added);
    return added;
  }

  /// Opens the socket; complete once it is ready.
  static CompletableFuture<XmppSocket> open(LoadLoop loop, XmppSocket socket) {
    var starting = loop.open(socket.number(), socket);
    starting.addListener(done -> {
      if (!done.isSuccess()) {
        socket.ready().completeExceptionally(done.cause());
      }
    });
    return socket.ready();
  }

  /// How many sockets the server has closed.
  int lost() {
    return lost.get();
  }

  private final class Member implements XmppSocket.Listener {
    private final BiConsumer<XmppSocket, XmppStanza> reaction;

    Member(BiConsumer<XmppSocket, XmppStanza> reaction) {
      this.reaction = reaction;
    }

    @Override
    public void onStanza(XmppSocket socket, XmppStanza stanza) {
      reaction.accept(socket, stanza);
    }

    @Override
    public void onClosed(XmppSocket socket) {
      if (!isClosing) {
        lost.incrementAndGet();
      }
    }
  }

  @Override
  public void close() {
    isClosing = true;
    sockets.forEach(XmppSocket::close);
    loop.close();
  }
}
