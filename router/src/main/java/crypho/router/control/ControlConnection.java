package crypho.router.control;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import crypho.base.Rng;
import crypho.router.RouterControl;
import crypho.wire.router.v1.ChannelFrame;
import crypho.wire.router.v1.ChannelHello;
import crypho.wire.router.v1.ChannelProof;
import crypho.wire.router.v1.ControlError;
import crypho.wire.router.v1.ControlEvent;
import crypho.wire.router.v1.ControlReply;
import crypho.wire.router.v1.ControlRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The router's end of one control connection.
///
/// | state | frame | becomes |
/// | --- | --- | --- |
/// | new | hello of our version | greeted: our hello goes out |
/// | greeted | a proof that fits | open: our proof goes out |
/// | open | request | answered with a reply of the same id |
/// | open | anything else | answered with `INVALID`, of the request's id or 0 |
/// | new, greeted | anything else; not open within [#HANDSHAKE_SECONDS] | closed |
///
/// Events go out as they come while the caller reads; else the latest of each thing waits.
final class ControlConnection extends SimpleChannelInboundHandler<ByteBuf> {
  static final int HANDSHAKE_SECONDS = 10;

  private static final Logger LOG = LoggerFactory.getLogger(ControlConnection.class);

  /// Things whose latest event waits for a caller that does not read; one more ends the connection,
  /// and the caller asks anew when it is back.
  static final int HELD_MAX = 16_384;

  /// As [JsonFormat] says it.
  private static final Pattern UNKNOWN_FIELD =
      Pattern.compile("^Cannot find field: ([A-Za-z0-9_]{1,64}) in message");

  /// What an event is about.
  private record EventKey(ControlEvent.BodyCase kind, String id) {
    static EventKey of(ControlEvent event) {
      var kind = event.getBodyCase();
      var id =
          switch (kind) {
            case TRANSPORT_STATE -> event.getTransportState().getTransportId();
            case CONSUMER_STATE -> event.getConsumerState().getConsumerId();
            case CONSUMER_CLOSED -> event.getConsumerClosed().getConsumerId();
            case PRODUCER_PAUSED -> event.getProducerPaused().getProducerId();
            case SCORE -> event.getScore().getProducerId() + event.getScore().getConsumerId();
            case ACTIVE_SPEAKER, LOUDEST, ROUTER_CLOSED, BODY_NOT_SET -> event.getRouterId();
          };
      return new EventKey(kind, id);
    }
  }

  private enum State {
    NEW,
    GREETED,
    OPEN
  }

  private final RouterControl control;
  private final ChannelKey key;
  private final byte[] nonce;
  private byte[] callerNonce = new byte[0];
  private State state = State.NEW;
  private final LinkedHashMap<EventKey, ControlEvent> held = new LinkedHashMap<>();
  private boolean isJson;
  private RouterControl.@Nullable Subscription subscription;

  ControlConnection(RouterControl control, ChannelKey key, Rng rng) {
    this.control = control;
    this.key = key;
    this.nonce = rng.bytes(ChannelKey.NONCE_BYTES);
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    var _ =
        context
            .executor()
            .schedule(
                () -> {
                  if (state != State.OPEN) {
                    var _ = context.close();
                  }
                },
                HANDSHAKE_SECONDS,
                TimeUnit.SECONDS);
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
    try {
      onFrame(context, read(message));
    } catch (InvalidProtocolBufferException e) {
      if (state == State.OPEN) {
        reject(context, id(message), reason(e));
      } else {
        var _ = context.close();
      }
    }
  }

  /// Of a request in JSON that has more in it than we know; 0 where nothing can be made out.
  private int id(ByteBuf message) {
    var out = ChannelFrame.newBuilder();
    try {
      if (isJson) {
        JsonFormat.parser()
            .ignoringUnknownFields()
            .merge(message.toString(StandardCharsets.UTF_8), out);
      }
      return out.getRequest().getId();
    } catch (InvalidProtocolBufferException _) {
      return 0;
    }
  }

  /// Names a field that we do not know, and quotes nothing else: values may be personal.
  private static String reason(InvalidProtocolBufferException e) {
    var found = UNKNOWN_FIELD.matcher(String.valueOf(e.getMessage()));
    return found.find()
        ? "this version knows no field " + found.group(1)
        : "the message is not of the form that this version knows";
  }

  private void reject(ChannelHandlerContext context, int id, String why) {
    write(
        context,
        ChannelFrame.newBuilder()
            .setReply(
                ControlReply.newBuilder()
                    .setId(id)
                    .setError(
                        ControlError.newBuilder()
                            .setCode(ControlError.Code.INVALID)
                            .setMessage(why)))
            .build());
  }

  private ChannelFrame read(ByteBuf message) throws InvalidProtocolBufferException {
    if (state == State.NEW && message.isReadable()) {
      isJson = message.getByte(message.readerIndex()) == '{';
    }
    if (!isJson) {
      return ChannelFrame.parseFrom(message.nioBuffer());
    }
    var out = ChannelFrame.newBuilder();
    JsonFormat.parser().merge(message.toString(StandardCharsets.UTF_8), out);
    return out.build();
  }

  private void onFrame(ChannelHandlerContext context, ChannelFrame frame) {
    switch (state) {
      case NEW -> {
        var hello = frame.getHello();
        if (!frame.hasHello()
            || hello.getVersion() != ChannelKey.VERSION
            || hello.getNonce().size() != ChannelKey.NONCE_BYTES) {
          var _ = context.close();
          return;
        }
        callerNonce = hello.getNonce().toByteArray();
        state = State.GREETED;
        write(
            context,
            ChannelFrame.newBuilder()
                .setHello(
                    ChannelHello.newBuilder()
                        .setVersion(ChannelKey.VERSION)
                        .setNonce(ByteString.copyFrom(nonce)))
                .build());
      }
      case GREETED -> {
        var expected = key.callerProof(callerNonce, nonce);
        if (!ChannelKey.matches(expected, frame.getProof().getMac().toByteArray())) {
          LOG.warn("a control connection did not know the secret");
          var _ = context.close();
          return;
        }
        open(context);
      }
      case OPEN -> {
        if (!frame.hasRequest()) {
          reject(context, 0, "a request was due");
          return;
        }
        answer(context, frame.getRequest());
      }
    }
  }

  private void open(ChannelHandlerContext context) {
    state = State.OPEN;
    var proof = ByteString.copyFrom(key.routerProof(callerNonce, nonce));
    write(
        context,
        ChannelFrame.newBuilder().setProof(ChannelProof.newBuilder().setMac(proof)).build());
    subscription = control.onEvent(event -> tell(context, event));
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    var listening = subscription;
    if (listening != null) {
      listening.close();
    }
  }

  /// Called on any loop.
  private void tell(ChannelHandlerContext context, ControlEvent event) {
    context.executor().execute(() -> tellHere(context, event));
  }

  private void tellHere(ChannelHandlerContext context, ControlEvent event) {
    if (!context.channel().isActive()) {
      return;
    }
    if (context.channel().isWritable() && held.isEmpty()) {
      write(context, ChannelFrame.newBuilder().setEvent(event).build());
      return;
    }
    // Of one thing only the latest state is of use to a caller that is behind.
    var key = EventKey.of(event);
    held.remove(key);
    held.put(key, event);
    if (held.size() > HELD_MAX) {
      LOG.warn("a control connection does not read its events");
      var _ = context.close();
    }
  }

  /// A caller that does not read gets no further requests in, so that replies are bounded too.
  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    var isWritable = context.channel().isWritable();
    context.channel().config().setAutoRead(isWritable);
    while (context.channel().isWritable() && !held.isEmpty()) {
      var event = held.pollFirstEntry().getValue();
      write(context, ChannelFrame.newBuilder().setEvent(event).build());
    }
  }

  private void answer(ChannelHandlerContext context, ControlRequest request) {
    try {
      var _ =
          control
              .call(request)
              .thenAccept(reply ->
                  write(
                      context,
                      ChannelFrame.newBuilder()
                          .setReply(reply.toBuilder().setId(request.getId()))
                          .build()));
    } catch (RuntimeException e) {
      LOG.error("a control request failed", e);
      reject(context, request.getId(), "the request could not be carried out");
    }
  }

  private void write(ChannelHandlerContext context, ChannelFrame frame) {
    try {
      var bytes =
          isJson
              ? JsonFormat.printer()
                  .omittingInsignificantWhitespace()
                  .print(frame)
                  .getBytes(StandardCharsets.UTF_8)
              : frame.toByteArray();
      var _ = context.writeAndFlush(Unpooled.wrappedBuffer(bytes));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    LOG.debug("a control connection broke", cause);
    var _ = context.close();
  }
}
