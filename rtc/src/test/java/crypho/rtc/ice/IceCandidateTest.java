package crypho.rtc.ice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class IceCandidateTest {
  private static final IceCandidate.Listening UDP4 =
      new IceCandidate.Listening(Protocol.UDP, "185.12.64.1", 4000);
  private static final IceCandidate.Listening UDP6 =
      new IceCandidate.Listening(Protocol.UDP, "2a01:4f8::1", 4000);
  private static final IceCandidate.Listening TCP4 =
      new IceCandidate.Listening(Protocol.TCP, "185.12.64.1", 4001);

  /// RFC 8445 §5.1.2.1 and RFC 6544 §4.2, computed by hand.
  @Test
  void prioritiesAreThoseOfTheFormula() {
    var candidates = IceCandidate.hosts(List.of(UDP4, TCP4));
    assertEquals((126L << 24) + (65_535L << 8) + 255, candidates.getFirst().priority());
    assertEquals(2_130_706_431L, candidates.getFirst().priority());
    assertEquals((90L << 24) + ((4L * 8_192 + 8_190) << 8) + 255, candidates.getLast().priority());
    assertEquals("185.12.64.1", candidates.getLast().address());
    assertEquals(4001, candidates.getLast().port());
    assertEquals(Protocol.TCP, candidates.getLast().protocol());
  }

  @Test
  void earlierAddressesArePreferredAndUdpToTcp() {
    var candidates = IceCandidate.hosts(List.of(TCP4, UDP6, UDP4));
    assertTrue(candidates.get(1).priority() > candidates.get(2).priority());
    assertTrue(candidates.get(2).priority() > candidates.get(0).priority());
    var many = IceCandidate.hosts(IntStream.range(0, 100).mapToObj(i -> UDP4).toList());
    assertEquals(100, many.stream().mapToLong(IceCandidate::priority).distinct().count());
    assertTrue(many.stream().allMatch(each -> each.priority() > 0 && each.priority() >>> 31 == 0));
  }

  /// RFC 8445 §5.1.1.3: the same for one address and protocol, else different.
  @Test
  void foundationsTellAddressesAndProtocolsApart() {
    var again = new IceCandidate.Listening(Protocol.UDP, UDP4.address(), 5000);
    var candidates = IceCandidate.hosts(List.of(UDP4, UDP6, TCP4, again));
    var first = candidates.getFirst().foundation();
    assertNotEquals(first, candidates.get(1).foundation());
    assertNotEquals(first, candidates.get(2).foundation());
    assertEquals(first, candidates.get(3).foundation());
    assertTrue(candidates.stream().allMatch(each -> each.foundation().matches("[a-z0-9]{1,32}")));
  }
}
