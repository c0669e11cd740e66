package crypho.router.net;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/// A socket of our own on Netty's epoll loop, read with recvmmsg and written with sendmmsg, whose
/// headers, addresses and data lie ready in native memory: no object, promise or outbound buffer
/// per packet. See docs/adr/0014-router-sockets.md for what that is worth.
public final class NativeUdpPort extends UdpPort implements EpollIoHandle {
  private static final int RECEIVE_SLOTS = 64;
  private static final int SEND_SLOTS = 128;
  private static final int SEND_BYTES = 512 * 1024;

  /// What the kernel is asked to buffer in each direction; it gives what it allows.
  private static final int SOCKET_BYTES = 4 * 1024 * 1024;

  private static final int AF_INET = 2;
  private static final ValueLayout.OfShort NET_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt NET_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong NET_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final Arena arena = Arena.ofAuto();
  private final Linux linux = new Linux(arena);
  private final Receiver receiver;
  private final FileDescriptor fd;
  private final InetSocketAddress local;
  private boolean isSegmenting;
  private boolean isClosed;
  private @Nullable IoRegistration registration;

  private final MemorySegment inHeaders = arena.allocate(RECEIVE_SLOTS * Linux.MMSGHDR_BYTES, 16);
  private final MemorySegment inVectors = arena.allocate(RECEIVE_SLOTS * Linux.IOVEC_BYTES, 16);
  private final MemorySegment inNames = arena.allocate(RECEIVE_SLOTS * Linux.NAME_BYTES, 16);
  private final MemorySegment inData = arena.allocate(RECEIVE_SLOTS * PACKET_BYTES_MAX, 64);
  private final byte[] datagram = new byte[PACKET_BYTES_MAX];

  private final MemorySegment outHeaders = arena.allocate(SEND_SLOTS * Linux.MMSGHDR_BYTES, 16);
  private final MemorySegment outVectors = arena.allocate(SEND_SLOTS * Linux.IOVEC_BYTES, 16);
  private final MemorySegment outNames = arena.allocate(SEND_SLOTS * Linux.NAME_BYTES, 16);
  private final MemorySegment outControls = arena.allocate(SEND_SLOTS * Linux.CONTROL_BYTES, 16);
  private final MemorySegment outData = arena.allocate(SEND_BYTES, 64);
  private int outCount;
  private int outBytes;

  private NativeUdpPort(InetSocketAddress address, boolean isShared, Receiver receiver)
      throws IOException {
    this.receiver = receiver;
    var name = Remote.sockaddr(address);
    var isV6 = name[0] != AF_INET;
    var socket = linux.socket(isV6);
    try {
      if (isV6) {
        linux.option(socket, Linux.IPPROTO_IPV6, Linux.IPV6_V6ONLY, 1);
      }
      if (isShared) {
        linux.option(socket, Linux.SOL_SOCKET, Linux.SO_REUSEPORT, 1);
      }
      linux.option(socket, Linux.SOL_SOCKET, Linux.SO_RCVBUF, SOCKET_BYTES);
      linux.option(socket, Linux.SOL_SOCKET, Linux.SO_SNDBUF, SOCKET_BYTES);
      linux.bind(socket, arena.allocateFrom(JAVA_BYTE, name), name.length);
      isSegmenting = linux.option(socket, Linux.SOL_UDP, Linux.UDP_SEGMENT, 0);
      var bound = arena.allocate(Linux.NAME_BYTES, 16);
      linux.name(socket, bound, arena.allocateFrom(JAVA_INT, Linux.NAME_BYTES));
      local = new InetSocketAddress(address.getAddress(), bound.get(NET_SHORT, 2) & 0xffff);
    } catch (IOException e) {
      linux.close(socket);
      throw e;
    }
    fd = new FileDescriptor(socket);
    prepareReceiving();
    prepareSending();
  }

  /// Opens a socket on `address` (port 0: any) and begins to read on `loop`.
  public static NativeUdpPort open(InetSocketAddress address, IoEventLoop loop, Receiver receiver)
      throws IOException {
    return open(address, false, loop, receiver);
  }

  /// The same.
  ///
  /// @param isShared whether other loops listen on this port too (SO_REUSEPORT): the kernel then
  ///   keeps each source on one of them
  public static NativeUdpPort open(
      InetSocketAddress address, boolean isShared, IoEventLoop loop, Receiver receiver)
      throws IOException {
    var port = new NativeUdpPort(address, isShared, receiver);
    loop.register(port)
        .addListener((io.netty.util.concurrent.Future<IoRegistration> done) -> {
          if (done.isSuccess()) {
            port.start(done.getNow());
          }
        });
    return port;
  }

  private void start(IoRegistration registered) {
    registration = registered;
    registered.submit(EpollIoOps.EPOLLIN);
  }

  private void prepareReceiving() {
    for (var i = 0; i < RECEIVE_SLOTS; i++) {
      var vector = inVectors.asSlice((long) i * Linux.IOVEC_BYTES, Linux.IOVEC_BYTES);
      vector.set(JAVA_LONG, 0, inData.address() + (long) i * PACKET_BYTES_MAX);
      vector.set(JAVA_LONG, Linux.IOV_LEN, PACKET_BYTES_MAX);
      var header = inHeaders.asSlice((long) i * Linux.MMSGHDR_BYTES, Linux.MMSGHDR_BYTES);
      header.set(JAVA_LONG, Linux.MSG_NAME, inNames.address() + (long) i * Linux.NAME_BYTES);
      header.set(JAVA_INT, Linux.MSG_NAMELEN, Linux.NAME_BYTES);
      header.set(JAVA_LONG, Linux.MSG_IOV, vector.address());
      header.set(JAVA_LONG, Linux.MSG_IOVLEN, 1);
    }
  }

  private void prepareSending() {
    for (var i = 0; i < SEND_SLOTS; i++) {
      var control = outControls.asSlice((long) i * Linux.CONTROL_BYTES, Linux.CONTROL_BYTES);
      control.set(JAVA_LONG, 0, Linux.CMSG_LEN);
      control.set(JAVA_INT, Linux.CMSG_LEVEL_AT, Linux.SOL_UDP);
      control.set(JAVA_INT, Linux.CMSG_TYPE_AT, Linux.UDP_SEGMENT);
      var header = outHeaders.asSlice((long) i * Linux.MMSGHDR_BYTES, Linux.MMSGHDR_BYTES);
      header.set(JAVA_LONG, Linux.MSG_NAME, outNames.address() + (long) i * Linux.NAME_BYTES);
      header.set(JAVA_LONG, Linux.MSG_IOV, outVectors.address() + (long) i * Linux.IOVEC_BYTES);
      header.set(JAVA_LONG, Linux.MSG_IOVLEN, 1);
      header.set(JAVA_LONG, Linux.MSG_CONTROL, control.address());
    }
  }

  @Override
  public FileDescriptor fd() {
    return fd;
  }

  @Override
  public InetSocketAddress local() {
    return local;
  }

  @Override
  public void handle(IoRegistration registration, IoEvent event) {
    var total = 0;
    int count;
    do {
      count = linux.receive(fd.intValue(), inHeaders, RECEIVE_SLOTS);
      for (var i = 0; i < count; i++) {
        deliver(i);
      }
      total += Math.max(count, 0);
    } while (count > 0 && total < READ_MAX && !isClosed);
    if (!isClosed) {
      receiver.onBatchEnd(this);
    }
  }

  private void deliver(int slot) {
    var header = (long) slot * Linux.MMSGHDR_BYTES;
    var length = inHeaders.get(JAVA_INT, header + Linux.MSG_LEN);
    inHeaders.set(JAVA_INT, header + Linux.MSG_NAMELEN, Linux.NAME_BYTES);
    if ((inHeaders.get(JAVA_INT, header + Linux.MSG_FLAGS) & Linux.MSG_TRUNC) != 0) {
      oversized++;
      return;
    }
    var name = (long) slot * Linux.NAME_BYTES;
    sourcePort = inNames.get(NET_SHORT, name + 2) & 0xffff;
    if (inNames.get(JAVA_SHORT, name) == AF_INET) {
      sourceHigh = 0;
      sourceLow = inNames.get(NET_INT, name + 4) & 0xffff_ffffL;
    } else {
      sourceHigh = inNames.get(NET_LONG, name + 8);
      sourceLow = inNames.get(NET_LONG, name + 16);
    }
    var from = (long) slot * PACKET_BYTES_MAX;
    MemorySegment.copy(inData, JAVA_BYTE, from, datagram, 0, length);
    receiver.onDatagram(this, datagram, 0, length);
  }

  @Override
  public InetSocketAddress source() {
    var isV4 = local.getAddress().getAddress().length == 4;
    var ip = new byte[isV4 ? 4 : 16];
    for (var i = 0; i < ip.length; i++) {
      var word = !isV4 && i < 8 ? sourceHigh : sourceLow;
      ip[i] = (byte) (word >>> (8 * ((isV4 ? 3 : 7) - (i & 7))));
    }
    try {
      return new InetSocketAddress(InetAddress.getByAddress(ip), sourcePort);
    } catch (UnknownHostException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  protected boolean isSegmenting() {
    return isSegmenting;
  }

  @Override
  protected void enqueue(Remote to, byte[] data, int length, int segment) {
    if (outCount == SEND_SLOTS || outBytes + length > SEND_BYTES) {
      send();
    }
    var slot = outCount++;
    MemorySegment.copy(data, 0, outData, JAVA_BYTE, outBytes, length);
    var vector = (long) slot * Linux.IOVEC_BYTES;
    outVectors.set(JAVA_LONG, vector, outData.address() + outBytes);
    outVectors.set(JAVA_LONG, vector + Linux.IOV_LEN, length);
    outBytes += length;
    MemorySegment.copy(
        to.sockaddr, 0, outNames, JAVA_BYTE, (long) slot * Linux.NAME_BYTES, to.sockaddr.length);
    var header = (long) slot * Linux.MMSGHDR_BYTES;
    outHeaders.set(JAVA_INT, header + Linux.MSG_NAMELEN, to.sockaddr.length);
    var isBatch = length > segment;
    outHeaders.set(JAVA_LONG, header + Linux.MSG_CONTROLLEN, isBatch ? Linux.CONTROL_BYTES : 0);
    if (isBatch) {
      var control = (long) slot * Linux.CONTROL_BYTES;
      outControls.set(JAVA_SHORT, control + Linux.CMSG_DATA_AT, (short) segment);
    }
  }

  @Override
  protected void send() {
    var sent = 0;
    while (sent < outCount && !isClosed) {
      var headers = sent == 0 ? outHeaders : outHeaders.asSlice((long) sent * Linux.MMSGHDR_BYTES);
      var count = linux.send(fd.intValue(), headers, outCount - sent);
      if (count > 0) {
        sent += count;
        continue;
      }
      var error = linux.errno();
      if (error == Linux.EINTR) {
        continue;
      }
      if (error == Linux.EAGAIN) {
        // The socket's buffer is full: what does not fit is lost, as on any link.
        sendFailures += outCount - sent;
        break;
      }
      sendFailures++;
      sendUnsegmented(sent);
      sent++;
    }
    outCount = 0;
    outBytes = 0;
  }

  /// A path may refuse segmentation (no checksum offload, a small MTU): then packets go one by one,
  /// and what the path still refuses is lost.
  private void sendUnsegmented(int slot) {
    var header = (long) slot * Linux.MMSGHDR_BYTES;
    if (outHeaders.get(JAVA_LONG, header + Linux.MSG_CONTROLLEN) == 0) {
      return;
    }
    outHeaders.set(JAVA_LONG, header + Linux.MSG_CONTROLLEN, 0);
    var vector = (long) slot * Linux.IOVEC_BYTES;
    var segment =
        outControls.get(JAVA_SHORT, (long) slot * Linux.CONTROL_BYTES + Linux.CMSG_DATA_AT)
            & 0xffff;
    var from = outVectors.get(JAVA_LONG, vector);
    var rest = outVectors.get(JAVA_LONG, vector + Linux.IOV_LEN);
    while (rest > 0) {
      outVectors.set(JAVA_LONG, vector, from);
      outVectors.set(JAVA_LONG, vector + Linux.IOV_LEN, Math.min(rest, segment));
      linux.send(fd.intValue(), outHeaders.asSlice(header), 1);
      from += segment;
      rest -= segment;
    }
  }

  @Override
  public void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    var registered = registration;
    if (registered != null) {
      registered.cancel();
    }
    try {
      fd.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
