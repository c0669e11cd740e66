package crypho.bench.micro;

import crypho.base.Rng;
import crypho.base.Secret;
import crypho.router.net.AddressTable;
import crypho.rtc.dtls.DtlsEndpoint;
import crypho.rtc.dtls.DtlsEvent;
import crypho.rtc.dtls.DtlsFingerprint;
import crypho.rtc.dtls.DtlsHandshakes;
import crypho.rtc.dtls.DtlsRole;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.IceCredentials;
import crypho.rtc.ice.IceEvent;
import crypho.rtc.ice.IceLiteAgent;
import crypho.rtc.ice.Protocol;
import crypho.rtc.ice.UfragTable;
import crypho.rtc.srtp.SrtpKeys;
import crypho.rtc.srtp.SrtpProfile;
import crypho.rtc.srtp.SrtpReceiver;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.Demux;
import crypho.rtc.stun.IntegrityKey;
import crypho.rtc.stun.Stun;
import crypho.rtc.stun.StunReader;
import crypho.rtc.stun.StunWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// What a packet costs that is malformed or not authentic, from where the socket gave it to where
/// it is dropped. Each is to stay below 2 µs.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HostileBench {
  private static final int PACKET_BYTES = 1_200;
  private static final int CLIENTS = 10_000;
  private static final int PASSWORD_CHARS = 32;
  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");

  private final AddressTable<Object> paths = new AddressTable<>();
  private final UfragTable<Object> ufrags = new UfragTable<>();
  private final StunReader stun = new StunReader(IceLiteAgent.UNDERSTOOD);
  private final Rng rng = Rng.secure();
  private final IceCredentials credentials = IceCredentials.random(rng);
  private final IceLiteAgent agent = new IceLiteAgent(credentials);
  private final byte[] out = new byte[2 * PACKET_BYTES];
  private final Answers answers = new Answers();
  private final Silent silent = new Silent();
  private final DtlsHandshakes handshakes = new DtlsHandshakes(Instant.now(), new SecureRandom());
  private final DtlsFingerprint peer =
      Objects.requireNonNull(handshakes.fingerprint(DtlsFingerprint.Algorithm.SHA_256));
  private final DtlsEndpoint endpoint =
      handshakes.endpoint(DtlsRole.SERVER, peer, Runnable::run, silent);
  private FiveTuple path =
      new FiveTuple(
          Protocol.UDP, new InetSocketAddress(LOOPBACK, 1), new InetSocketAddress(LOOPBACK, 2));
  private byte[] garbage = {};
  private byte[] media = {};
  private byte[] report = {};
  private byte[] forged = {};
  private byte[] strange = {};
  private byte[] broken = {};
  private byte[] record = {};
  private byte[] unlike = {};
  private SrtpReceiver receiver = receiver(SrtpProfile.AEAD_AES_128_GCM);
  private SrtpReceiver older = receiver(SrtpProfile.AES128_CM_HMAC_SHA1_80);
  private int next;

  private static final class Answers implements IceLiteAgent.Sink {
    long octets;

    @Override
    public void transmit(FiveTuple path, byte[] data, int offset, int length) {
      octets += length;
    }

    @Override
    public void event(IceEvent event) {
      throw new IllegalStateException("nothing was proved");
    }
  }

  private static final class Silent implements DtlsEndpoint.Output {
    @Override
    public void transmit(byte[] data, int offset, int length) {
      // Alerts go nowhere.
    }

    @Override
    public void event(DtlsEvent event) {
      // It may end.
    }
  }

  private static SrtpReceiver receiver(SrtpProfile profile) {
    try (var keys = SrtpKeys.split(profile, new byte[profile.keyingMaterialBytes()], true)) {
      return new SrtpReceiver(keys);
    }
  }

  @Setup
  public void open() {
    for (var i = 0; i < CLIENTS; i++) {
      paths.put(0, 0x0a00_0000L + i * 7L, 10_000 + i, this);
      ufrags.put(IceCredentials.random(rng).ufrag(), this);
    }
    ufrags.put(credentials.ufrag(), this);
    garbage = rng.bytes(PACKET_BYTES);
    garbage[0] = (byte) 0xff;
    media = rng.bytes(PACKET_BYTES);
    media[0] = (byte) 0x80;
    media[1] = 96;
    report = rng.bytes(120);
    report[0] = (byte) 0x80;
    report[1] = (byte) 201;
    forged = check(credentials.ufrag());
    strange = check("nobodyknowsthis0");
    broken = strange.clone();
    broken[23] = (byte) 0xff;
    unlike = rng.bytes(PACKET_BYTES);
    unlike[0] = 22;
    unlike[1] = 0;
    record = rng.bytes(100);
    record[0] = 22;
    record[1] = (byte) 0xfe;
    record[2] = (byte) 0xfd;
    Arrays.fill(record, 3, 5, (byte) 0);
    record[11] = 0;
    record[12] = (byte) (record.length - 13);
  }

  private byte[] check(String ufrag) {
    var wrong = Secret.wrap(rng.bytes(PASSWORD_CHARS));
    var packet = new byte[512];
    var length =
        new StunWriter()
            .begin(packet, 0, Stun.type(Stun.BINDING, Stun.REQUEST), rng.bytes(12), 0)
            .text(Attribute.USERNAME, ufrag + ":peer")
            .int32(Attribute.PRIORITY, 1_000)
            .int64(Attribute.ICE_CONTROLLING, 7)
            .flag(Attribute.USE_CANDIDATE)
            .integrity(IntegrityKey.shortTerm(wrong))
            .fingerprint()
            .length();
    return Arrays.copyOf(packet, length);
  }

  @TearDown
  public void close() {
    handshakes.close();
  }

  /// Of no kind that there is.
  @Benchmark
  public int garbage() {
    return kind(garbage, Demux.OTHER);
  }

  /// RTP from an address that has proved nothing; likewise RTCP and DTLS.
  @Benchmark
  public int unknownSource() {
    var out = kind(media, Demux.RTP);
    next++;
    if (paths.find(0, 0x0b00_0000L + next, next & 0xffff) != null) {
      throw new IllegalStateException("nobody is there");
    }
    return out;
  }

  private static int kind(byte[] packet, int expected) {
    var out = Demux.kind(packet, 0, packet.length);
    if (out != expected) {
      throw new IllegalStateException("another kind");
    }
    return out;
  }

  /// STUN whose attributes lead out of it.
  @Benchmark
  public int stunMalformed() {
    var out = kind(broken, Demux.STUN) + stun.read(broken, 0, broken.length);
    if (out == Demux.STUN + StunReader.OK) {
      throw new IllegalStateException("it is malformed");
    }
    return out;
  }

  /// A check that names nobody.
  @Benchmark
  public int stunOfNobody() {
    var out = stun.read(strange, 0, strange.length);
    if (out != StunReader.OK || ufrags.find(stun) != null) {
      throw new IllegalStateException("it names nobody");
    }
    return out;
  }

  /// A check by another password, and its refusal, which a source gets 64 times a second.
  @Benchmark
  public long stunWrongIntegrity() {
    if (stun.read(forged, 0, forged.length) != StunReader.OK || ufrags.find(stun) == null) {
      throw new IllegalStateException("it names one");
    }
    var out = agent.onMessage(1, path, stun, answers);
    if (out != IceLiteAgent.UNAUTHENTICATED) {
      throw new IllegalStateException("it is forged");
    }
    return answers.octets;
  }

  /// From a client's own address, of 1,200 octets.
  @Benchmark
  public int srtpBadTag() {
    return refused(receiver.unprotect(media, 0, PACKET_BYTES, out, 0));
  }

  @Benchmark
  public int srtpBadTagSha1() {
    return refused(older.unprotect(media, 0, PACKET_BYTES, out, 0));
  }

  @Benchmark
  public int srtcpBadTag() {
    return refused(receiver.unprotectRtcp(report, 0, report.length, out, 0));
  }

  private static int refused(int verdict) {
    if (verdict >= 0) {
      throw new IllegalStateException("it is forged");
    }
    return verdict;
  }

  /// Nothing that looks like a record, from a client's own address.
  @Benchmark
  public long dtlsMalformed() {
    endpoint.onPacket(unlike, 0, unlike.length);
    return endpoint.dropped();
  }

  /// What looks like a record and is none, likewise: the loop's part.
  @Benchmark
  public long dtlsForged() {
    endpoint.onPacket(record, 0, record.length);
    return endpoint.dropped();
  }
}
