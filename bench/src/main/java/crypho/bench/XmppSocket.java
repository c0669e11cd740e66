package crypho.bench;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// One client of an XMPP server: TCP, SASL PLAIN, a resource, presence and, where wanted, stream
/// management (XEP-0198). What comes after that goes to the listener, on the event loop.
///
/// Futures of writes are left alone: what fails shows as a closed socket.
@SuppressWarnings("FutureReturnValueIgnored")
final class XmppSocket extends ChannelInboundHandlerAdapter {
  /// Called on the event loop.
  interface Listener {
    void onStanza(XmppSocket socket, XmppStanza stanza);

    default void onClosed(XmppSocket socket) {}
  }

  private enum Step {
    AUTHENTICATING,
    BINDING,
    APPEARING,
    ENABLING,
    READY
  }

  private final int number;
  private final boolean isManaged;
  private final Listener listener;
  private final XmppScanner scanner = new XmppScanner();
  private final CompletableFuture<XmppSocket> ready = new CompletableFuture<>();
  private Step step = Step.AUTHENTICATING;
  private @Nullable ByteBuf kept;
  private volatile @Nullable ChannelHandlerContext context;
  private int received;

  /// @param isManaged whether it asks for acknowledgements of what it sends
  XmppSocket(int number, boolean isManaged, Listener listener) {
    this.number = number;
    this.isManaged = isManaged;
    this.listener = listener;
  }

  /// Complete once messages come and go.
  CompletableFuture<XmppSocket> ready() {
    return ready;
  }

  int number() {
    return number;
  }

  void send(String xml) {
    var target = context;
    if (target == null) {
      throw new IllegalStateException("the socket is not open");
    }
    var bytes = target.alloc().buffer(xml.length());
    bytes.writeCharSequence(xml, StandardCharsets.US_ASCII);
    target.writeAndFlush(bytes, target.voidPromise());
  }

  /// Runs on the socket's event loop.
  void execute(Runnable task) {
    var target = context;
    if (target == null) {
      throw new IllegalStateException("the socket is not open");
    }
    target.executor().execute(task);
  }

  void close() {
    var target = context;
    if (target != null) {
      target.close();
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext active) {
    context = active;
    sendHeader();
  }

  private void sendHeader() {
    send(
        "<stream:stream to='"
            + Ejabberd.DOMAIN
            + "' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
            + " version='1.0'>");
  }

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) {
    var in = (ByteBuf) message;
    var before = kept;
    if (before != null) {
      before.writeBytes(in);
      in.release();
      in = before;
      kept = null;
    }
    scanner.scan(in, this::onStanza);
    if (in.isReadable()) {
      kept = in.discardReadBytes();
    } else {
      in.release();
    }
  }

  private void onStanza(XmppStanza stanza) {
    if (stanza.is("stream:error") || stanza.is("failure")) {
      ready.completeExceptionally(new IOException("refused: " + stanza));
      return;
    }
    switch (step) {
      case AUTHENTICATING -> authenticate(stanza);
      case BINDING -> bind(stanza);
      case APPEARING -> appear(stanza);
      case ENABLING -> {
        if (stanza.is("enabled")) {
          becomeReady();
        }
      }
      case READY -> onReady(stanza);
    }
  }

  private void authenticate(XmppStanza stanza) {
    if (stanza.is("stream:features")) {
      var plain = "\0" + Ejabberd.user(number) + "\0" + Ejabberd.password(number);
      var encoded = Base64.getEncoder().encodeToString(plain.getBytes(StandardCharsets.US_ASCII));
      send(
          "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>"
              + encoded
              + "</auth>");
    } else if (stanza.is("success")) {
      scanner.restart();
      step = Step.BINDING;
      sendHeader();
    }
  }

  private void bind(XmppStanza stanza) {
    if (stanza.is("stream:features")) {
      send(
          "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>"
              + Ejabberd.RESOURCE
              + "</resource></bind></iq>");
    } else if (stanza.is("iq")) {
      step = Step.APPEARING;
      send("<presence/>");
    }
  }

  /// The server sends everybody's presence to themselves too.
  private void appear(XmppStanza stanza) {
    if (!stanza.is("presence")) {
      return;
    }
    if (isManaged) {
      step = Step.ENABLING;
      send("<enable xmlns='urn:xmpp:sm:3'/>");
    } else {
      becomeReady();
    }
  }

  private void becomeReady() {
    step = Step.READY;
    ready.complete(this);
  }

  private void onReady(XmppStanza stanza) {
    if (stanza.is("r")) {
      send("<a xmlns='urn:xmpp:sm:3' h='" + received + "'/>");
      return;
    }
    if (!stanza.is("a")) {
      received++;
    }
    listener.onStanza(this, stanza);
  }

  @Override
  public void channelInactive(ChannelHandlerContext gone) {
    var rest = kept;
    kept = null;
    if (rest != null) {
      rest.release();
    }
    ready.completeExceptionally(new IOException("the server closed the connection"));
    listener.onClosed(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext where, Throwable cause) {
    where.close();
  }
}
