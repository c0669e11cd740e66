package crypho.rtc.turn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.Stun;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PeerPolicyTest {
  private static final PeerPolicy PLAIN = policy(List.of(), 0, 0);

  private static PeerPolicy policy(List<PeerPolicy.Prefix> allowed, int min, int max) {
    var own = List.of(TurnWorld.OWN.getAddress(), InetAddress.ofLiteral("2a01:4f8::5"));
    return new PeerPolicy(
        allowed, new PeerPolicy.Own(own, port -> port >= min && port <= max && max > 0));
  }

  private static boolean allows(PeerPolicy policy, String ip, int port) {
    var address = InetAddress.ofLiteral(ip);
    long high = IpKey.high(address);
    long low = IpKey.low(address);
    return policy.allows(high, low) && policy.allows(high, low, port);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.0.3",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.9",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "185.12.64.1",
        "::",
        "::1",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:1ff::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "2a01:4f8::5"
      })
  void specialAndOwnAddressesAreRefused(String ip) {
    assertFalse(allows(PLAIN, ip, 5000));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.1.1.1",
        "128.0.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.167.1.1",
        "198.17.1.1",
        "198.20.0.0",
        "223.255.255.255",
        "185.12.64.2",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2a01:4f8::6",
        "2606:4700::1"
      })
  void publicAddressesAreAllowed(String ip) {
    assertTrue(allows(PLAIN, ip, 5000));
    assertFalse(allows(PLAIN, ip, 0));
  }

  @Test
  void configuredPrefixesAreAllowedAndNoMore() {
    var policy =
        policy(
            List.of(
                new PeerPolicy.Prefix(InetAddress.ofLiteral("10.1.0.0"), 16),
                new PeerPolicy.Prefix(InetAddress.ofLiteral("fd00:1::"), 64)),
            0,
            0);
    assertTrue(allows(policy, "10.1.255.1", 1));
    assertFalse(allows(policy, "10.2.0.1", 1));
    assertTrue(allows(policy, "fd00:1::9", 1));
    assertFalse(allows(policy, "fd00:1:0:1::9", 1));
  }

  @Test
  void ownAddressIsReachedOnlyOnRelayPortsWhereConfigured() {
    var policy = policy(List.of(), 40_000, 41_000);
    assertTrue(allows(policy, "185.12.64.1", 40_000));
    assertTrue(allows(policy, "185.12.64.1", 41_000));
    assertFalse(allows(policy, "185.12.64.1", 39_999));
    assertFalse(allows(policy, "185.12.64.1", 5432));
  }

  /// A permission is for all ports of an address: the port must be looked at with each packet.
  @Test
  void permissionForOurOwnAddressDoesNotOpenItsServices() {
    var world = new TurnWorld(policy(List.of(), 40_000, 41_000));
    var client = world.udpClient(1);
    client.allocate();
    assertTrue(client.permit(TurnWorld.address("185.12.64.1", 40_001)).isSuccess());
    assertEquals(
        TurnServer.NO_PERMISSION, client.send(TurnWorld.address("185.12.64.1", 5432), new byte[4]));
    assertEquals(403, client.bind(0x4000, TurnWorld.address("185.12.64.1", 5432)).code());
    assertEquals(TurnServer.OK, client.send(TurnWorld.address("185.12.64.1", 40_002), new byte[4]));
  }

  /// An IPv4 address in an IPv6 attribute is another way to say 127.0.0.1.
  @Test
  void mappedAddressesAreRefused() {
    var world = new TurnWorld();
    var client = world.udpClient(1);
    client.allocate();
    var mapped = new byte[16];
    mapped[10] = -1;
    mapped[11] = -1;
    mapped[12] = 127;
    mapped[15] = 1;
    var answer =
        client.ask(
            Stun.CREATE_PERMISSION, w -> w.xorAddress(Attribute.XOR_PEER_ADDRESS, mapped, 80));
    assertEquals(443, answer.code());
  }
}
