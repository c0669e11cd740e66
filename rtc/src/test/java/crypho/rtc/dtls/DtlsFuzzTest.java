package crypho.rtc.dtls;

import com.code_intelligence.jazzer.junit.FuzzTest;
import crypho.base.Invariant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/// Searches for datagrams of strangers that connect to a server, that make it write without bound,
/// or after which it does not end when it is closed. Saved inputs run in every build;
/// `JAZZER_FUZZ=1` with one test selected searches.
final class DtlsFuzzTest {
  private static final DtlsHandshakes HANDSHAKES = Side.handshakes();
  private static final ExecutorService LOOP =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());

  /// An input is datagrams, each after two bytes of length.
  private static byte[] joined(List<byte[]> datagrams) {
    var out = new byte[datagrams.stream().mapToInt(each -> 2 + each.length).sum()];
    var at = 0;
    for (var each : datagrams) {
      out[at++] = (byte) (each.length >> 8);
      out[at++] = (byte) each.length;
      System.arraycopy(each, 0, out, at, each.length);
      at += each.length;
    }
    return out;
  }

  private static List<byte[]> split(byte[] data) {
    var out = new ArrayList<byte[]>();
    for (var at = 0; at + 2 <= data.length; ) {
      var length = (data[at] & 0xff) << 8 | (data[at + 1] & 0xff);
      var end = Math.min(data.length, at + 2 + length);
      out.add(Arrays.copyOfRange(data, at + 2, end));
      at = end;
    }
    return out;
  }

  /// What an honest client sends in a whole handshake, and its first packet alone.
  static Stream<byte[]> flights() throws Exception {
    var of = HANDSHAKES.fingerprint(Side.SHA_256);
    var server = new Side(HANDSHAKES, DtlsRole.SERVER, of, LOOP);
    var client = new Side(HANDSHAKES, DtlsRole.CLIENT, of, LOOP);
    server.wire = client::give;
    client.wire = server::give;
    client.endpoint.start();
    client.keys().close();
    server.keys().close();
    var all = new ArrayList<byte[]>();
    var settled = new CountDownLatch(1);
    LOOP.execute(() -> {
      all.addAll(client.sent);
      settled.countDown();
    });
    Invariant.check(settled.await(10, TimeUnit.SECONDS), "the loop runs");
    server.endpoint.close();
    client.endpoint.close();
    return Stream.of(joined(all), joined(all.subList(0, 1)));
  }

  @MethodSource("flights")
  @FuzzTest(maxDuration = "5m")
  void strangersDoNotConnect(byte[] data) throws Exception {
    var server = new Side(HANDSHAKES, DtlsRole.SERVER, HANDSHAKES.fingerprint(Side.SHA_256), LOOP);
    split(data).forEach(server::give);
    LOOP.execute(server.endpoint::close);
    var event = server.next();
    Invariant.check(!(event instanceof DtlsEvent.Connected), "nobody connects without our nonces");
    var written = new int[1];
    var settled = new CountDownLatch(1);
    LOOP.execute(() -> {
      written[0] = server.sent.stream().mapToInt(packet -> packet.length).sum();
      settled.countDown();
    });
    Invariant.check(settled.await(10, TimeUnit.SECONDS), "the loop runs");
    Invariant.check(written[0] <= DtlsEndpoint.HANDSHAKE_OUT_BYTES_MAX, "and little is written");
  }
}
