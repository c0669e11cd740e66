package crypho.rtc.dtls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Bytes;
import crypho.rtc.srtp.SrtpKeys;
import crypho.rtc.srtp.SrtpProfile;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DtlsEndpointTest {
  private static final int LOSSES = 2;
  private static final DtlsHandshakes A = Side.handshakes();
  private static final DtlsHandshakes B = Side.handshakes();

  private final ExecutorService loop = Executors.newSingleThreadExecutor();

  @AfterEach
  void endLoop() {
    loop.shutdownNow();
  }

  @AfterAll
  static void endThreads() {
    A.close();
    B.close();
  }

  private Side server(DtlsFingerprint peer) {
    return new Side(A, DtlsRole.SERVER, peer, loop);
  }

  private Side client(DtlsFingerprint peer) {
    return new Side(B, DtlsRole.CLIENT, peer, loop);
  }

  private static DtlsFingerprint of(DtlsHandshakes handshakes) {
    return handshakes.fingerprint(Side.SHA_256);
  }

  private static void join(Side one, Side other) {
    one.wire = other::give;
    other.wire = one::give;
  }

  /// Waits until the loop has done what it was given.
  private void settle() throws InterruptedException {
    var done = new CountDownLatch(1);
    loop.execute(done::countDown);
    assertTrue(done.await(10, TimeUnit.SECONDS));
  }

  private static void agree(SrtpKeys server, SrtpKeys client) {
    assertEquals(SrtpProfile.AEAD_AES_128_GCM, server.profile());
    assertEquals(server.sendKey(), client.receiveKey());
    assertEquals(server.sendSalt(), client.receiveSalt());
    assertEquals(server.receiveKey(), client.sendKey());
    assertEquals(server.receiveSalt(), client.sendSalt());
  }

  @Test
  void bothEndsGetTheSameKeysAndAGoodbye() throws Exception {
    for (var algorithm : DtlsFingerprint.Algorithm.values()) {
      var server = server(B.fingerprint(algorithm));
      var client = client(A.fingerprint(algorithm));
      join(server, client);
      client.endpoint.start();
      agree(server.keys(), client.keys());
      loop.execute(client.endpoint::close);
      assertEquals(new DtlsEvent.Closed(), client.next());
      assertEquals(new DtlsEvent.Closed(), server.next());
    }
  }

  /// Two packets are lost; until then some come twice, some late.
  @Seeded(tries = 6)
  void aLossyPathOnlyTakesLonger(Gen gen) throws Exception {
    var server = server(of(B));
    var client = client(of(A));
    var held = new ArrayList<Runnable>();
    var lost = new AtomicInteger();
    for (var side : List.of(server, client)) {
      var other = side == server ? client : server;
      side.wire =
          packet -> {
            held.add(() -> other.give(packet));
            if (gen.chance(0.2)) {
              held.add(() -> other.give(packet));
            }
            if (lost.get() < LOSSES && gen.chance(0.4)) {
              lost.incrementAndGet();
              held.remove(gen.below(held.size()));
            }
            var kept = lost.get() < LOSSES ? gen.below(3) : 0;
            while (held.size() > kept) {
              held.remove(gen.below(held.size())).run();
            }
          };
    }
    client.endpoint.start();
    agree(server.keys(), client.keys());
  }

  @Test
  void aCertificateThatSignallingDidNotNameGetsNoKeys() throws Exception {
    var server = server(of(A));
    var client = client(of(A));
    join(server, client);
    client.endpoint.start();
    assertEquals(new DtlsEvent.Failed(DtlsFailure.FINGERPRINT_MISMATCH), server.next());
    assertEquals(new DtlsEvent.Failed(DtlsFailure.REFUSED_BY_PEER), client.next());

    server = server(of(B));
    client = client(of(B));
    join(server, client);
    client.endpoint.start();
    assertEquals(new DtlsEvent.Failed(DtlsFailure.FINGERPRINT_MISMATCH), client.next());
    assertEquals(new DtlsEvent.Failed(DtlsFailure.REFUSED_BY_PEER), server.next());
  }

  /// Where our last flight is lost the peer repeats its own, after we are connected.
  @Test
  void aRepeatedFinishedIsAnsweredAgain() throws Exception {
    var server = server(of(B));
    var client = client(of(A));
    join(server, client);
    server.wire =
        packet -> {
          if (packet[0] == 20 && server.sent.stream().filter(p -> p[0] == 20).count() == 1) {
            return;
          }
          client.give(packet);
        };
    client.endpoint.start();
    var keys = server.keys();
    agree(keys, client.keys());
    settle();
    assertTrue(server.sent.stream().filter(packet -> packet[0] == 20).count() >= 2);
  }

  @Test
  void garbageTruncatedRecordsAndNewHandshakesChangeNothing() throws Exception {
    var gen = new Gen(11, 1);
    var server = server(of(B));
    var client = client(of(A));
    join(server, client);
    for (var i = 0; i < 20; i++) {
      server.give(gen.bytes(gen.below(3_000)));
      var record = gen.bytes(gen.intBetween(13, 200));
      record[0] = 23;
      record[1] = (byte) 0xfe;
      record[2] = (byte) 0xfd;
      server.give(record);
    }
    client.endpoint.start();
    agree(server.keys(), client.keys());
    settle();
    var hello = client.sent.getFirst();
    var before = server.sent.size();
    for (var packet : List.copyOf(client.sent)) {
      server.give(Arrays.copyOf(packet, packet.length / 2));
    }
    server.give(hello);
    for (var type = 0; type < 256; type++) {
      var packet = gen.bytes(100);
      packet[0] = (byte) type;
      server.give(packet);
    }
    settle();
    assertTrue(server.isSilent());
    assertTrue(server.sent.size() - before <= 2, "a new ClientHello is not answered");
    loop.execute(server.endpoint::close);
    assertEquals(new DtlsEvent.Closed(), server.next());
    assertEquals(new DtlsEvent.Closed(), client.next());
  }

  /// A thousand peers that say hello and nothing more: bounded threads, and the next one connects.
  @Test
  void aThousandHalfOpenHandshakesHarmNothing() throws Exception {
    var first = client(of(A));
    var heard = new CountDownLatch(1);
    first.wire = packet -> heard.countDown();
    first.endpoint.start();
    assertTrue(heard.await(10, TimeUnit.SECONDS));
    loop.execute(first.endpoint::close);
    assertInstanceOf(DtlsEvent.Closed.class, first.next());
    var hello = first.sent.getFirst();
    var threadsBefore = Thread.activeCount();
    var open = new ArrayList<Side>();
    var answered = new CountDownLatch(1_000);
    for (var i = 0; i < 1_000; i++) {
      var side = server(of(B));
      side.wire =
          packet -> {
            if (side.sent.size() == 1) {
              answered.countDown();
            }
          };
      open.add(side);
      side.give(hello);
    }
    assertTrue(answered.await(60, TimeUnit.SECONDS), () -> "open " + A.running());
    assertTrue(A.running() <= DtlsHandshakes.RUNNING_MAX);
    assertTrue(Thread.activeCount() <= threadsBefore + 4);
    var server = server(of(B));
    var client = client(of(A));
    join(server, client);
    client.endpoint.start();
    agree(server.keys(), client.keys());
    for (var side : open) {
      var bytes = side.sent.stream().mapToInt(packet -> packet.length).sum();
      assertTrue(bytes <= DtlsEndpoint.HANDSHAKE_OUT_BYTES_MAX);
      loop.execute(side.endpoint::close);
    }
    for (var side : open) {
      assertEquals(new DtlsEvent.Closed(), side.next());
    }
  }

  @Test
  void aFullHouseDropsAHelloAndTakesTheNext() throws Exception {
    for (var i = 0; i < DtlsHandshakes.RUNNING_MAX; i++) {
      assertTrue(A.takeSlot(null));
    }
    var server = server(of(B));
    var client = client(of(A));
    join(server, client);
    client.endpoint.start();
    while (A.refused() == 0) {
      Thread.onSpinWait();
    }
    for (var i = 0; i < DtlsHandshakes.RUNNING_MAX; i++) {
      A.returnSlot(null);
    }
    agree(server.keys(), client.keys());
  }

  @Test
  void fingerprintsAreRead() {
    var own = of(A);
    assertEquals(own, DtlsFingerprint.parse("SHA-256", own.value().toLowerCase(Locale.ROOT)));
    assertNotNull(DtlsFingerprint.parse("sha-384", "00:".repeat(47) + "00"));
    assertNull(DtlsFingerprint.parse("sha-1", "00:".repeat(19) + "00"));
    assertNull(DtlsFingerprint.parse("sha-256", "00:".repeat(19) + "00"));
    assertNull(DtlsFingerprint.parse("sha-256", "0".repeat(64)));
    assertNull(DtlsFingerprint.parse("sha-256", "zz:".repeat(31) + "zz"));
    assertTrue(
        new DtlsFingerprint(Side.SHA_256, Bytes.copyOf(new byte[32])).value().startsWith("00:00"));
  }
}
