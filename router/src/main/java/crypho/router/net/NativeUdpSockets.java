package crypho.router.net;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import crypho.rtc.turn.IpKey;
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
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sockets of our own on Netty's epoll loop, as [NativeUdpPort] is one. What several packets to one
/// address have in common is sent once: they leave as one batch of segments, gathered from where
/// they lie.
public final class NativeUdpSockets extends UdpSockets {
  private static final int RECEIVE_SLOTS = 32;
  private static final int SEND_SLOTS = 256;
  private static final int SLOT_BYTES = PacketPort.PACKET_BYTES_MAX;
  private static final int NONE = -1;
  private static final int AF_INET = 2;
  private static final ValueLayout.OfShort NET_SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt NET_INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong NET_LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final Arena arena = Arena.ofAuto();
  private final Linux linux = new Linux(arena);
  private final IoEventLoop loop;
  private final Receiver receiver;
  private boolean isSegmenting = true;

  private final MemorySegment inHeaders = arena.allocate(RECEIVE_SLOTS * Linux.MMSGHDR_BYTES, 16);
  private final MemorySegment inVectors = arena.allocate(RECEIVE_SLOTS * Linux.IOVEC_BYTES, 16);
  private final MemorySegment inNames = arena.allocate(RECEIVE_SLOTS * Linux.NAME_BYTES, 16);
  private final MemorySegment inData = arena.allocate(RECEIVE_SLOTS * SLOT_BYTES, 64);
  private final byte[] datagram = new byte[DATAGRAM_BYTES_MAX];

  private final MemorySegment outHeaders = arena.allocate(SEND_SLOTS * Linux.MMSGHDR_BYTES, 16);
  private final MemorySegment outVectors = arena.allocate(SEND_SLOTS * Linux.IOVEC_BYTES, 16);
  private final MemorySegment outNames = arena.allocate(SEND_SLOTS * Linux.NAME_BYTES, 16);
  private final MemorySegment outControls = arena.allocate(SEND_SLOTS * Linux.CONTROL_BYTES, 16);
  private final MemorySegment outData = arena.allocate(SEND_SLOTS * SLOT_BYTES, 64);

  // What waits to be sent: a slot each, and for each socket the chain of its slots.
  private final @Nullable Remote[] remotes = new Remote[SEND_SLOTS];
  private final int[] lengths = new int[SEND_SLOTS];
  private final int[] nextSlots = new int[SEND_SLOTS];
  private int usedSlots;
  private final List<Socket> dirty = new ArrayList<>();

  // The batch that is being put together.
  private int messages;
  private int vectors;
  private int segments;
  private int segmentBytes;
  private int batchBytes;

  public NativeUdpSockets(IoEventLoop loop, Receiver receiver) {
    this.loop = loop;
    this.receiver = receiver;
    for (var i = 0; i < RECEIVE_SLOTS; i++) {
      var vector = inVectors.asSlice((long) i * Linux.IOVEC_BYTES, Linux.IOVEC_BYTES);
      vector.set(JAVA_LONG, 0, inData.address() + (long) i * SLOT_BYTES);
      vector.set(JAVA_LONG, Linux.IOV_LEN, DATAGRAM_BYTES_MAX);
      var header = inHeaders.asSlice((long) i * Linux.MMSGHDR_BYTES, Linux.MMSGHDR_BYTES);
      header.set(JAVA_LONG, Linux.MSG_NAME, inNames.address() + (long) i * Linux.NAME_BYTES);
      header.set(JAVA_INT, Linux.MSG_NAMELEN, Linux.NAME_BYTES);
      header.set(JAVA_LONG, Linux.MSG_IOV, vector.address());
      header.set(JAVA_LONG, Linux.MSG_IOVLEN, 1);
    }
    for (var i = 0; i < SEND_SLOTS; i++) {
      var control = outControls.asSlice((long) i * Linux.CONTROL_BYTES, Linux.CONTROL_BYTES);
      control.set(JAVA_LONG, 0, Linux.CMSG_LEN);
      control.set(JAVA_INT, Linux.CMSG_LEVEL_AT, Linux.SOL_UDP);
      control.set(JAVA_INT, Linux.CMSG_TYPE_AT, Linux.UDP_SEGMENT);
      var header = outHeaders.asSlice((long) i * Linux.MMSGHDR_BYTES, Linux.MMSGHDR_BYTES);
      header.set(JAVA_LONG, Linux.MSG_NAME, outNames.address() + (long) i * Linux.NAME_BYTES);
      header.set(JAVA_LONG, Linux.MSG_CONTROL, control.address());
    }
  }

  @Override
  public UdpSocket open(InetSocketAddress address, Object owner) throws IOException {
    var socket = new Socket(address, owner);
    loop.register(socket)
        .addListener((io.netty.util.concurrent.Future<IoRegistration> done) -> {
          if (done.isSuccess()) {
            socket.start(done.getNow());
          }
        });
    return socket;
  }

  private final class Socket extends UdpSocket implements EpollIoHandle {
    private final FileDescriptor fd;
    private final InetSocketAddress local;
    private @Nullable IoRegistration registration;
    private boolean isClosed;
    private int firstSlot = NONE;
    private int lastSlot = NONE;

    Socket(InetSocketAddress address, Object owner) throws IOException {
      super(owner);
      var name = Remote.sockaddr(address);
      var isV6 = name[0] != AF_INET;
      var number = linux.socket(isV6);
      try (var call = Arena.ofConfined()) {
        if (isV6) {
          linux.option(number, Linux.IPPROTO_IPV6, Linux.IPV6_V6ONLY, 1);
        }
        linux.bind(number, call.allocateFrom(JAVA_BYTE, name), name.length);
        var bound = call.allocate(Linux.NAME_BYTES, 16);
        linux.name(number, bound, call.allocateFrom(JAVA_INT, Linux.NAME_BYTES));
        local = new InetSocketAddress(address.getAddress(), bound.get(NET_SHORT, 2) & 0xffff);
      } catch (IOException e) {
        linux.close(number);
        throw e;
      }
      fd = new FileDescriptor(number);
    }

    private void start(IoRegistration registered) {
      registration = registered;
      registered.submit(EpollIoOps.EPOLLIN);
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
      read(this);
    }

    @Override
    public void send(Remote to, byte[] data, int offset, int length) {
      if (isClosed) {
        return;
      }
      if (length > DATAGRAM_BYTES_MAX) {
        oversized++;
        return;
      }
      if (usedSlots == SEND_SLOTS) {
        flush();
      }
      var slot = usedSlots++;
      MemorySegment.copy(data, offset, outData, JAVA_BYTE, (long) slot * SLOT_BYTES, length);
      remotes[slot] = to;
      lengths[slot] = length;
      nextSlots[slot] = NONE;
      if (firstSlot == NONE) {
        firstSlot = slot;
        dirty.add(this);
      } else {
        nextSlots[lastSlot] = slot;
      }
      lastSlot = slot;
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

  // --- in ---

  /// Reads what is there. Where the first call did not fill, nothing is left; else the loop says so
  /// again.
  private void read(Socket socket) {
    var total = 0;
    int count;
    do {
      count = socket.isClosed ? 0 : linux.receive(socket.fd.intValue(), inHeaders, RECEIVE_SLOTS);
      for (var i = 0; i < count; i++) {
        deliver(socket, i);
      }
      total += count;
    } while (count == RECEIVE_SLOTS && total < READ_MAX);
  }

  private void deliver(Socket socket, int slot) {
    var header = (long) slot * Linux.MMSGHDR_BYTES;
    var length = inHeaders.get(JAVA_INT, header + Linux.MSG_LEN);
    inHeaders.set(JAVA_INT, header + Linux.MSG_NAMELEN, Linux.NAME_BYTES);
    if ((inHeaders.get(JAVA_INT, header + Linux.MSG_FLAGS) & Linux.MSG_TRUNC) != 0) {
      oversized++;
      return;
    }
    if (socket.isClosed) {
      return;
    }
    var name = (long) slot * Linux.NAME_BYTES;
    sourcePort = inNames.get(NET_SHORT, name + 2) & 0xffff;
    if (inNames.get(JAVA_SHORT, name) == AF_INET) {
      sourceHigh = 0;
      sourceLow = IpKey.lowOfIpv4(inNames.get(NET_INT, name + 4));
    } else {
      sourceHigh = inNames.get(NET_LONG, name + 8);
      sourceLow = inNames.get(NET_LONG, name + 16);
    }
    MemorySegment.copy(inData, JAVA_BYTE, (long) slot * SLOT_BYTES, datagram, 0, length);
    receiver.onDatagram(socket, datagram, 0, length);
  }

  // --- out ---

  @Override
  public void flush() {
    for (var i = 0; i < dirty.size(); i++) {
      send(dirty.get(i));
    }
    dirty.clear();
    usedSlots = 0;
  }

  private void send(Socket socket) {
    messages = 0;
    vectors = 0;
    segments = 0;
    Remote batch = null;
    for (var slot = socket.firstSlot; slot != NONE; slot = nextSlots[slot]) {
      var to = remotes[slot];
      if (to != null) {
        if (segments > 0 && to == batch && joins(lengths[slot])) {
          join(slot);
        } else {
          begin(slot, to);
          batch = to;
        }
      }
    }
    socket.firstSlot = NONE;
    socket.lastSlot = NONE;
    if (messages > 0 && !socket.isClosed) {
      transmit(socket.fd.intValue());
    }
  }

  /// Whether a packet of this length may follow in the batch: all before it have one length, and it
  /// is not longer.
  private boolean joins(int length) {
    return isSegmenting
        && length > 0
        && length <= segmentBytes
        && batchBytes == segments * segmentBytes
        && segments < PacketPort.SEGMENTS_MAX
        && batchBytes + length <= PacketPort.BATCH_BYTES_MAX;
  }

  private void begin(int slot, Remote to) {
    var message = messages++;
    segments = 1;
    segmentBytes = lengths[slot];
    batchBytes = segmentBytes;
    var name = (long) message * Linux.NAME_BYTES;
    MemorySegment.copy(to.sockaddr, 0, outNames, JAVA_BYTE, name, to.sockaddr.length);
    var header = (long) message * Linux.MMSGHDR_BYTES;
    outHeaders.set(JAVA_INT, header + Linux.MSG_NAMELEN, to.sockaddr.length);
    var vector = outVectors.address() + (long) vectors * Linux.IOVEC_BYTES;
    outHeaders.set(JAVA_LONG, header + Linux.MSG_IOV, vector);
    outHeaders.set(JAVA_LONG, header + Linux.MSG_IOVLEN, 1);
    outHeaders.set(JAVA_LONG, header + Linux.MSG_CONTROLLEN, 0);
    addVector(slot);
  }

  private void join(int slot) {
    segments++;
    batchBytes += lengths[slot];
    var message = messages - 1;
    var header = (long) message * Linux.MMSGHDR_BYTES;
    outHeaders.set(JAVA_LONG, header + Linux.MSG_IOVLEN, segments);
    outHeaders.set(JAVA_LONG, header + Linux.MSG_CONTROLLEN, Linux.CONTROL_BYTES);
    var control = (long) message * Linux.CONTROL_BYTES;
    outControls.set(JAVA_SHORT, control + Linux.CMSG_DATA_AT, (short) segmentBytes);
    addVector(slot);
  }

  private void addVector(int slot) {
    var vector = (long) vectors++ * Linux.IOVEC_BYTES;
    outVectors.set(JAVA_LONG, vector, outData.address() + (long) slot * SLOT_BYTES);
    outVectors.set(JAVA_LONG, vector + Linux.IOV_LEN, lengths[slot]);
  }

  private void transmit(int fd) {
    var sent = 0;
    while (sent < messages) {
      var headers = sent == 0 ? outHeaders : outHeaders.asSlice((long) sent * Linux.MMSGHDR_BYTES);
      var count = linux.send(fd, headers, messages - sent);
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
        sendFailures += messages - sent;
        break;
      }
      sendOneByOne(fd, sent);
      sent++;
    }
  }

  /// A path may refuse segmentation (no checksum offload, a small MTU): then packets go one by one,
  /// and what the path still refuses is lost.
  private void sendOneByOne(int fd, int message) {
    var header = (long) message * Linux.MMSGHDR_BYTES;
    var count = outHeaders.get(JAVA_LONG, header + Linux.MSG_IOVLEN);
    if (count == 1) {
      sendFailures++;
      return;
    }
    var first = outHeaders.get(JAVA_LONG, header + Linux.MSG_IOV);
    outHeaders.set(JAVA_LONG, header + Linux.MSG_CONTROLLEN, 0);
    outHeaders.set(JAVA_LONG, header + Linux.MSG_IOVLEN, 1);
    for (var i = 0L; i < count; i++) {
      outHeaders.set(JAVA_LONG, header + Linux.MSG_IOV, first + i * Linux.IOVEC_BYTES);
      if (linux.send(fd, outHeaders.asSlice(header), 1) != 1) {
        sendFailures++;
      }
    }
  }

  @Override
  public void close() {
    dirty.clear();
    usedSlots = 0;
  }
}
