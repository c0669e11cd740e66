package crypho.server.live;

import crypho.server.rpc.Caller;
import crypho.wire.v1.ServerFrame;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One device's connection. Everything but [#loop] and [#caller] belongs to its event loop.
///
/// | state | frames to it |
/// |---|---|
/// | greeting (until Hello) | wait in `early`, bounded |
/// | open | are written |
/// | leaving (Goodbye was written) or closed | are dropped |
final class Socket {
  /// What may wait for a reader, in bytes, and how long without a byte taken.
  static final long QUEUE_BYTES_MAX = 2L << 20;

  static final long STALL_NANOS_MAX = 20_000_000_000L;

  /// Frames from one socket: so many at once, refilled at so many a second.
  private static final int FRAMES_BURST = 1_000;

  private static final int FRAMES_PER_SECOND = 100;
  private static final int STRIKES_MAX = 200;

  /// Requests of one socket that wait for their answer.
  static final int PENDING_MAX = 256;

  private enum State {
    GREETING,
    OPEN,
    LEAVING
  }

  private final SocketLoop loop;
  private final Caller caller;
  private final ChannelHandlerContext encoder;
  private State state = State.GREETING;
  private @Nullable ArrayDeque<ByteBuf> early;
  private long earlyBytes;
  private long queuedBytes;
  private long takenBytes;
  private long takenAtNanos;
  private double frameTokens = FRAMES_BURST;
  private long frameTokensAtNanos;
  private int strikes;
  private boolean isTouched;
  int pending;

  /// @param encoder the context of the WebSocket encoder: writing from it skips that encoder
  Socket(SocketLoop loop, Caller caller, ChannelHandlerContext encoder, long nowNanos) {
    this.loop = loop;
    this.caller = caller;
    this.encoder = encoder;
    this.takenAtNanos = nowNanos;
    this.frameTokensAtNanos = nowNanos;
  }

  SocketLoop loop() {
    return loop;
  }

  Caller caller() {
    return caller;
  }

  boolean isOpen() {
    return state != State.LEAVING && encoder.channel().isOpen();
  }

  /// Hello goes out, then what came meanwhile.
  void greet(ServerFrame hello) {
    if (state != State.GREETING) {
      return;
    }
    state = State.OPEN;
    var frame = Frames.encode(hello);
    write(frame);
    frame.release();
    if (early != null) {
      for (var waiting : early) {
        write(waiting);
        waiting.release();
      }
      early = null;
    }
    flush();
  }

  /// Queues a duplicate of the frame; the caller keeps its reference.
  ///
  /// @return whether the socket needs a flush that it has not been noted for
  boolean write(ByteBuf frame) {
    return switch (state) {
      case LEAVING -> false;
      case GREETING -> {
        keep(frame);
        yield false;
      }
      case OPEN -> {
        queuedBytes += frame.readableBytes();
        var _ = encoder.write(frame.retainedDuplicate(), encoder.voidPromise());
        var isFirst = !isTouched;
        isTouched = true;
        yield isFirst;
      }
    };
  }

  private void keep(ByteBuf frame) {
    if (early == null) {
      early = new ArrayDeque<>();
    }
    earlyBytes += frame.readableBytes();
    if (earlyBytes > QUEUE_BYTES_MAX) {
      cut();
    } else {
      early.add(frame.retainedDuplicate());
    }
  }

  /// Sends what is queued, and cuts a reader that has let too much wait.
  void flush() {
    isTouched = false;
    encoder.flush();
    if (waitingBytes() > QUEUE_BYTES_MAX) {
      loop.countSlow();
      cut();
    }
  }

  private long waitingBytes() {
    var buffer = encoder.channel().unsafe().outboundBuffer();
    return buffer == null ? 0 : buffer.totalPendingWriteBytes();
  }

  /// Looks whether the reader still takes anything.
  void sweep(long nowNanos) {
    long waiting = waitingBytes();
    long taken = queuedBytes - waiting;
    if (waiting == 0 || taken != takenBytes) {
      takenBytes = taken;
      takenAtNanos = nowNanos;
    } else if (nowNanos - takenAtNanos > STALL_NANOS_MAX) {
      loop.countSlow();
      cut();
    }
  }

  /// Takes one token for a frame from the client.
  ///
  /// @return whether it may be taken on
  boolean mayTakeFrame(long nowNanos, int factor) {
    double passed = (nowNanos - frameTokensAtNanos) / 1e9;
    double most = (double) FRAMES_BURST * factor;
    frameTokens = Math.min(most, frameTokens + passed * FRAMES_PER_SECOND * factor);
    frameTokensAtNanos = nowNanos;
    if (frameTokens < 1) {
      return false;
    }
    frameTokens -= 1;
    return true;
  }

  /// Counts a frame beyond the limit; true where there have been too many of them.
  boolean strike() {
    return ++strikes > STRIKES_MAX;
  }

  /// Says goodbye and closes behind it; where the reader takes nothing, hard after two seconds.
  void leave(ServerFrame goodbye) {
    if (state == State.LEAVING) {
      return;
    }
    flush();
    if (state != State.OPEN || waitingBytes() > 0) {
      // What waits would go first, if at all: nothing is queued behind it.
      cut();
      return;
    }
    state = State.LEAVING;
    var channel = encoder.channel();
    encoder.writeAndFlush(Frames.encode(goodbye)).addListener(ChannelFutureListener.CLOSE);
    var _ = channel.eventLoop().schedule(this::cut, 2, TimeUnit.SECONDS);
  }

  /// Closes at once; what waits is dropped.
  void cut() {
    state = State.LEAVING;
    closed();
    var _ = encoder.channel().close();
  }

  /// Frees what waits for Hello.
  void closed() {
    state = State.LEAVING;
    if (early != null) {
      early.forEach(ByteBuf::release);
      early = null;
    }
  }
}
