package crypho.rtc.srtp;

import com.code_intelligence.jazzer.junit.FuzzTest;
import crypho.base.Invariant;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/// Searches for packets without the key that end in anything but a refusal, and that leave anything
/// behind. Saved inputs run in every build; `JAZZER_FUZZ=1` with one test selected searches.
final class SrtpFuzzTest {
  private static final int OFFSET = 3;

  private static SrtpKeys keys(SrtpProfile profile, boolean weAreServer) {
    var exported = new byte[profile.keyingMaterialBytes()];
    for (var i = 0; i < exported.length; i++) {
      exported[i] = (byte) i;
    }
    return SrtpKeys.split(profile, exported, weAreServer);
  }

  private static byte[] extended() {
    var packet = SrtpTest.rtp(7, 65_535, 60);
    packet[0] = (byte) 0x91;
    packet[18] = 0;
    packet[19] = 2;
    return packet;
  }

  static Stream<byte[]> rtp() {
    return Arrays.stream(SrtpProfile.values())
        .flatMap(profile ->
            Stream.of(SrtpTest.rtp(5, 1, 20), extended())
                .map(packet -> {
                  var out = new byte[200];
                  var sender = new SrtpSender(keys(profile, true));
                  return Arrays.copyOf(out, sender.protect(packet, 0, packet.length, out, 0));
                }));
  }

  static Stream<byte[]> rtcp() {
    return Arrays.stream(SrtpProfile.values())
        .map(profile -> {
          var out = new byte[200];
          var packet = SrtpTest.rtcp(9);
          var sender = new SrtpSender(keys(profile, true));
          return Arrays.copyOf(out, sender.protectRtcp(packet, 0, packet.length, out, 0));
        });
  }

  private static boolean isSeed(Stream<byte[]> seeds, byte[] data) {
    return seeds.anyMatch(seed -> Arrays.equals(seed, data));
  }

  /// The packet in the middle of an array, so that reading past it is seen in the output.
  private static byte[] shifted(byte[] data) {
    var in = new byte[data.length + 2 * OFFSET];
    System.arraycopy(data, 0, in, OFFSET, data.length);
    return in;
  }

  @MethodSource("rtp")
  @FuzzTest(maxDuration = "5m")
  void rtpWithoutTheKeyIsRefused(byte[] data) {
    for (var profile : SrtpProfile.values()) {
      var receiver = new SrtpReceiver(keys(profile, false));
      var out = new byte[data.length + OFFSET];
      var length = receiver.unprotect(shifted(data), OFFSET, data.length, out, OFFSET);
      Invariant.check(length < 0 || isSeed(rtp(), data), "only the holder of the key is heard");
      Invariant.check(length >= 0 || receiver.rtpSsrcs() == 0, "others leave nothing behind");
      // What somebody without the key may give us to forward.
      var sender = new SrtpSender(keys(profile, true));
      var sealed = new byte[data.length + SrtpProfile.EXPANSION_BYTES_MAX];
      var written = sender.protect(shifted(data), OFFSET, data.length, sealed, 0);
      if (written > 0) {
        var back = new byte[data.length];
        var opened = new SrtpReceiver(keys(profile, false)).unprotect(sealed, 0, written, back, 0);
        Invariant.check(opened == data.length && Arrays.equals(back, data), "what went in comes");
      }
    }
  }

  @MethodSource("rtcp")
  @FuzzTest(maxDuration = "5m")
  void rtcpWithoutTheKeyIsRefused(byte[] data) {
    for (var profile : SrtpProfile.values()) {
      var receiver = new SrtpReceiver(keys(profile, false));
      var out = new byte[data.length + OFFSET];
      var length = receiver.unprotectRtcp(shifted(data), OFFSET, data.length, out, OFFSET);
      Invariant.check(length < 0 || isSeed(rtcp(), data), "only the holder of the key is heard");
    }
  }
}
