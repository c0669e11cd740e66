package crypho.server.live;

import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.server.rpc.Caller;
import crypho.server.rpc.SessionId;
import crypho.wire.v1.Goodbye;
import io.micrometer.core.instrument.Counter;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// The sockets of one event loop and who gets what on it. Everything but [#post] runs on that loop.
final class SocketLoop {
  /// Work on the loop's state; must not block.
  @FunctionalInterface
  interface Operation {
    void run(SocketLoop loop);
  }

  /// An account that has sockets here.
  private static final class Entry {
    final List<Socket> sockets = new ArrayList<>(1);
    final Set<ConversationId> conversations = new HashSet<>(4);

    /// Sockets whose subscriptions are being read.
    int greeting;

    /// Left while they were being read: not to be subscribed again by what was read.
    @Nullable Set<ConversationId> left;
  }

  private final EventLoop eventLoop;
  private final Counter deliveries;
  private final Counter slow;
  private final Queue<Operation> queue = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean isScheduled = new AtomicBoolean();
  private final Map<AccountId, Entry> accounts = new HashMap<>();
  private final Map<ConversationId, Set<Entry>> conversations = new HashMap<>();
  private final Map<SessionId, List<Socket>> sessions = new HashMap<>();
  private final List<Socket> touched = new ArrayList<>();
  private long delivered;

  SocketLoop(EventLoop eventLoop, Counter deliveries, Counter slow) {
    this.eventLoop = eventLoop;
    this.deliveries = deliveries;
    this.slow = slow;
  }

  /// Queues an operation, from any thread. Operations run in the order in which they were queued.
  void post(Operation operation) {
    queue.add(operation);
    if (isScheduled.compareAndSet(false, true)) {
      eventLoop.execute(this::drain);
    }
  }

  private void drain() {
    isScheduled.set(false);
    for (var operation = queue.poll(); operation != null; operation = queue.poll()) {
      operation.run(this);
    }
    for (int i = 0; i < touched.size(); i++) {
      touched.get(i).flush();
    }
    touched.clear();
    deliveries.increment((double) delivered);
    delivered = 0;
  }

  void countSlow() {
    slow.increment();
  }

  void add(Socket socket) {
    var caller = socket.caller();
    var entry = accounts.computeIfAbsent(caller.account(), _ -> new Entry());
    entry.sockets.add(socket);
    entry.greeting++;
    sessions.computeIfAbsent(caller.session(), _ -> new ArrayList<>(1)).add(socket);
  }

  /// Registers what was read for a socket that was added before.
  void subscriptionsRead(Socket socket, Collection<ConversationId> read) {
    var account = socket.caller().account();
    var entry = accounts.get(account);
    if (entry == null || !entry.sockets.contains(socket)) {
      return;
    }
    for (var conversation : read) {
      if (entry.left == null || !entry.left.contains(conversation)) {
        subscribe(conversation, entry);
      }
    }
    greeted(entry);
  }

  private static void greeted(Entry entry) {
    if (--entry.greeting == 0) {
      entry.left = null;
    }
  }

  void remove(Socket socket, boolean wasGreeting) {
    socket.closed();
    var caller = socket.caller();
    removeFrom(sessions, caller.session(), socket);
    var entry = accounts.get(caller.account());
    if (entry == null || !entry.sockets.remove(socket)) {
      return;
    }
    if (wasGreeting) {
      greeted(entry);
    }
    if (entry.sockets.isEmpty()) {
      accounts.remove(caller.account());
      for (var conversation : entry.conversations) {
        dropFrom(conversation, entry);
      }
    }
  }

  private static <K> void removeFrom(Map<K, List<Socket>> map, K key, Socket socket) {
    var list = map.get(key);
    if (list != null && list.remove(socket) && list.isEmpty()) {
      map.remove(key);
    }
  }

  private void dropFrom(ConversationId conversation, Entry entry) {
    var entries = conversations.get(conversation);
    if (entries != null && entries.remove(entry) && entries.isEmpty()) {
      conversations.remove(conversation);
    }
  }

  private void subscribe(ConversationId conversation, Entry entry) {
    entry.conversations.add(conversation);
    conversations.computeIfAbsent(conversation, _ -> new HashSet<>(4)).add(entry);
  }

  void subscribe(ConversationId conversation, AccountId account) {
    var entry = accounts.get(account);
    if (entry != null) {
      if (entry.left != null) {
        entry.left.remove(conversation);
      }
      subscribe(conversation, entry);
    }
  }

  void unsubscribe(ConversationId conversation, AccountId account) {
    var entry = accounts.get(account);
    if (entry == null) {
      return;
    }
    noteLeft(entry, conversation);
    entry.conversations.remove(conversation);
    dropFrom(conversation, entry);
  }

  private static void noteLeft(Entry entry, ConversationId conversation) {
    if (entry.greeting > 0) {
      if (entry.left == null) {
        entry.left = new HashSet<>();
      }
      entry.left.add(conversation);
    }
  }

  void close(ConversationId conversation) {
    var entries = conversations.remove(conversation);
    if (entries != null) {
      entries.forEach(entry -> entry.conversations.remove(conversation));
    }
    // Sockets that are being greeted may have read it as theirs.
    for (var entry : accounts.values()) {
      noteLeft(entry, conversation);
    }
  }

  boolean isSubscribed(Caller caller, ConversationId conversation) {
    var entry = accounts.get(caller.account());
    return entry != null && entry.conversations.contains(conversation);
  }

  /// Uses up one reference of the frame.
  void toAccount(AccountId account, ByteBuf frame) {
    var entry = accounts.get(account);
    if (entry != null) {
      write(entry, frame);
    }
    frame.release();
  }

  /// Uses up one reference of the frame.
  void toConversation(ConversationId conversation, ByteBuf frame) {
    var entries = conversations.get(conversation);
    if (entries != null) {
      for (var entry : entries) {
        write(entry, frame);
      }
    }
    frame.release();
  }

  /// Uses up one reference of the frame.
  void toSocket(Socket socket, ByteBuf frame) {
    if (socket.write(frame)) {
      touched.add(socket);
    }
    frame.release();
  }

  private void write(Entry entry, ByteBuf frame) {
    var sockets = entry.sockets;
    for (int i = 0; i < sockets.size(); i++) {
      var socket = sockets.get(i);
      delivered++;
      if (socket.write(frame)) {
        touched.add(socket);
      }
    }
  }

  void endSession(SessionId session, Goodbye.Reason reason) {
    for (var socket : List.copyOf(sessions.getOrDefault(session, List.of()))) {
      socket.leave(Frames.goodbye(reason, 0));
    }
  }

  void sweep(long nowNanos) {
    for (var entry : List.copyOf(accounts.values())) {
      for (var socket : List.copyOf(entry.sockets)) {
        socket.sweep(nowNanos);
      }
    }
  }

  /// Says goodbye to everyone; they come back at different moments.
  void leaveAll(long firstRetryMs, long spreadMs) {
    long count = 0;
    for (var entry : List.copyOf(accounts.values())) {
      for (var socket : List.copyOf(entry.sockets)) {
        long retry = firstRetryMs + (count++ * 37) % spreadMs;
        socket.leave(Frames.goodbye(Goodbye.Reason.REASON_CLOSING, retry));
      }
    }
  }
}
