package crypho.router.net;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The few system calls for which neither the JDK nor Netty has a form without allocation, and the
/// layout of their arguments on 64-bit little-endian Linux.
final class Linux {
  static final int SOL_SOCKET = 1;
  static final int SO_REUSEADDR = 2;
  static final int SO_REUSEPORT = 15;
  static final int SO_SNDBUF = 7;
  static final int SO_RCVBUF = 8;
  static final int IPPROTO_IPV6 = 41;
  static final int IPV6_V6ONLY = 26;
  static final int SOL_UDP = 17;
  static final int UDP_SEGMENT = 103;
  static final int MSG_DONTWAIT = 0x40;
  static final int MSG_TRUNC = 0x20;
  static final int EINTR = 4;
  static final int EAGAIN = 11;

  // struct mmsghdr: a struct msghdr of 56 octets, msg_len, padding.
  static final int MMSGHDR_BYTES = 64;
  static final int MSG_NAME = 0;
  static final int MSG_NAMELEN = 8;
  static final int MSG_IOV = 16;
  static final int MSG_IOVLEN = 24;
  static final int MSG_CONTROL = 32;
  static final int MSG_CONTROLLEN = 40;
  static final int MSG_FLAGS = 48;
  static final int MSG_LEN = 56;

  static final int IOVEC_BYTES = 16;
  static final int IOV_LEN = 8;

  /// `CMSG_SPACE(sizeof(uint16_t))`
  static final int CONTROL_BYTES = 24;

  /// `CMSG_LEN(sizeof(uint16_t))`
  static final int CMSG_LEN = 18;

  static final int CMSG_LEVEL_AT = 8;
  static final int CMSG_TYPE_AT = 12;
  static final int CMSG_DATA_AT = 16;

  /// Room for either kind of socket address.
  static final int NAME_BYTES = 32;

  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_NONBLOCK = 0x800;
  private static final int SOCK_CLOEXEC = 0x80000;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option ERRNO = Linker.Option.captureCallState("errno");
  private static final MethodHandle SOCKET = find("socket", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle BIND = find("bind", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle SETSOCKOPT =
      find("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle GETSOCKNAME = find("getsockname", JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle CLOSE = find("close", JAVA_INT);
  private static final MethodHandle RECVMMSG =
      find("recvmmsg", JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle SENDMMSG =
      find("sendmmsg", JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);

  /// Where the last call's error number is; one a socket, as calls come from its thread.
  private final MemorySegment errno;

  Linux(Arena arena) {
    errno = arena.allocate(Linker.Option.captureStateLayout());
  }

  @SuppressWarnings("restricted") // Names and types are those of the C library.
  private static MethodHandle find(String name, ValueLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name),
        FunctionDescriptor.of(JAVA_INT, arguments),
        ERRNO);
  }

  int errno() {
    return errno.get(JAVA_INT, 0);
  }

  int socket(boolean isV6) throws IOException {
    try {
      var family = isV6 ? AF_INET6 : AF_INET;
      return check(
          "socket",
          (int) SOCKET.invokeExact(errno, family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    } catch (IOException | Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  void bind(int fd, MemorySegment name, int length) throws IOException {
    try {
      check("bind", (int) BIND.invokeExact(errno, fd, name, length));
    } catch (IOException | Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Returns whether the kernel took the option.
  boolean option(int fd, int level, int name, int value) {
    try (var arena = Arena.ofConfined()) {
      var pointer = arena.allocateFrom(JAVA_INT, value);
      return (int) SETSOCKOPT.invokeExact(errno, fd, level, name, pointer, 4) == 0;
    } catch (Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  void name(int fd, MemorySegment out, MemorySegment length) throws IOException {
    try {
      check("getsockname", (int) GETSOCKNAME.invokeExact(errno, fd, out, length));
    } catch (IOException | Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  void close(int fd) {
    try {
      var _ = (int) CLOSE.invokeExact(errno, fd);
    } catch (Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Messages read, or -1.
  int receive(int fd, MemorySegment messages, int count) {
    try {
      return (int)
          RECVMMSG.invokeExact(errno, fd, messages, count, MSG_DONTWAIT, MemorySegment.NULL);
    } catch (Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Messages sent, or -1.
  int send(int fd, MemorySegment messages, int count) {
    try {
      return (int) SENDMMSG.invokeExact(errno, fd, messages, count, MSG_DONTWAIT);
    } catch (Error | RuntimeException e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private int check(String call, int result) throws IOException {
    if (result < 0) {
      throw new IOException(call + " failed with error " + errno());
    }
    return result;
  }
}
