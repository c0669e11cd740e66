package crypho.rtc.srtp;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/// One packet sealed under AES-128-GCM by each provider. In the package of what it measures, which
/// is nobody else's business.
@NullMarked
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CipherBench {
  private static final int HEADER_BYTES = 20;

  /// Of the payload.
  @Param({"100", "1200"})
  public int bytes;

  private final byte[] nonce = new byte[Gcm.NONCE_BYTES];
  private final byte[] in = new byte[1_600];
  private final byte[] out = new byte[1_600];
  private Gcm openssl = new JdkGcm(new byte[16]);
  private final Gcm jdk = new JdkGcm(new byte[16]);

  @Setup
  public void open() {
    openssl = new OpensslGcm(new byte[16]);
  }

  private int seal(Gcm gcm) {
    BigEndian.putInt(nonce, 8, BigEndian.getInt(nonce, 8) + 1);
    gcm.begin(true, nonce);
    gcm.aad(in, 0, HEADER_BYTES);
    return gcm.seal(in, HEADER_BYTES, bytes, out, HEADER_BYTES);
  }

  @Benchmark
  public int sealOpenssl() {
    return seal(openssl);
  }

  @Benchmark
  public int sealJdk() {
    return seal(jdk);
  }
}
