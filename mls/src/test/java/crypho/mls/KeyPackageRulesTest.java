package crypho.mls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Bytes;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Every rule for a key package that a device deposits.
final class KeyPackageRulesTest {
  private final World world = new World();
  private final BcDevice device = world.device(1);
  private final KeyPackage honest = Forge.keyPackage(device.deposit());

  private KeyPackageOutcome check(Bytes message) {
    return KeyPackageRules.check(
        message, device.member, BcDevice.DOMAIN, device.signatureKey(), world.now);
  }

  private void unusable(KeyPackage keyPackage) {
    assertInstanceOf(KeyPackageOutcome.Unusable.class, check(keyPackage.encode()));
  }

  @Test
  void anHonestOneIsValid() {
    var valid = assertInstanceOf(KeyPackageOutcome.Valid.class, check(honest.encode()));
    assertEquals(Suite.keyPackageRef(honest), valid.ref());
    assertTrue(valid.notAfter().isAfter(world.now));
    assertFalse(valid.isLastResort());
  }

  @Test
  void theReferenceIsBouncyCastles() {
    var deposit = device.deposit();
    var expected =
        BcDevice.tried(() ->
            BcDevice.suite()
                .refHash(
                    BcDevice.bytes(deposit.keyPackage()).toArray(),
                    "MLS 1.0 KeyPackage Reference"));
    assertEquals(Bytes.wrap(expected), Suite.keyPackageRef(Forge.keyPackage(deposit)));
  }

  @Test
  void oneForLastResortIsMarked() {
    var marked =
        Forge.resigned(
            device,
            new KeyPackage(
                1,
                1,
                honest.initKey(),
                honest.leafNode(),
                List.of(new Extension(Extension.LAST_RESORT, Bytes.EMPTY)),
                honest.signature()));
    assertTrue(
        assertInstanceOf(KeyPackageOutcome.Valid.class, check(marked.encode())).isLastResort());
  }

  @Test
  void bytesThatAreNoneAreRefused() {
    assertInstanceOf(KeyPackageOutcome.Malformed.class, check(Bytes.EMPTY));
    assertInstanceOf(KeyPackageOutcome.Malformed.class, check(device.create(world.groupId)));
    assertEquals(
        new KeyPackageOutcome.TooLarge(MlsLimits.KEY_PACKAGE_BYTES_MAX),
        check(Bytes.wrap(new byte[MlsLimits.KEY_PACKAGE_BYTES_MAX + 1])));
  }

  @Test
  void itNamesTheDeviceThatSendsIt() {
    assertInstanceOf(
        KeyPackageOutcome.ForeignIdentity.class, check(world.device(1).deposit().message()));
    assertInstanceOf(
        KeyPackageOutcome.UnregisteredKey.class,
        KeyPackageRules.check(
            honest.encode(),
            device.member,
            BcDevice.DOMAIN,
            world.device(2).signatureKey(),
            world.now));
  }

  @Test
  void itsTimeIsNowAndNotForever() {
    var day = 86_400L;
    var now = BcDevice.nowSeconds();
    var outside = KeyPackageOutcome.OutsideLifetime.class;
    assertInstanceOf(outside, check(device.deposit(now - 9 * day, now - day).message()));
    assertInstanceOf(outside, check(device.deposit(now + day, now + 9 * day).message()));
    assertInstanceOf(KeyPackageOutcome.Unusable.class, check(device.deposit(0, -1).message()));
  }

  @Test
  void signaturesHold() {
    var bad = KeyPackageOutcome.BadSignature.class;
    assertInstanceOf(
        bad,
        check(
            new KeyPackage(
                    1,
                    1,
                    honest.initKey(),
                    honest.leafNode(),
                    List.of(),
                    Forge.flipped(honest.signature()))
                .encode()));
    var leaf = Forge.withSignature(honest.leafNode(), Forge.flipped(honest.leafNode().signature()));
    assertInstanceOf(
        bad,
        check(
            Forge.resigned(
                    device,
                    new KeyPackage(1, 1, honest.initKey(), leaf, List.of(), honest.signature()))
                .encode()));
  }

  @Test
  void itFitsOurSuite() {
    var leaf = honest.leafNode();
    unusable(new KeyPackage(1, 3, honest.initKey(), leaf, List.of(), honest.signature()));
    unusable(new KeyPackage(2, 1, honest.initKey(), leaf, List.of(), honest.signature()));
    unusable(new KeyPackage(1, 1, Bytes.EMPTY, leaf, List.of(), honest.signature()));
    unusable(new KeyPackage(1, 1, leaf.encryptionKey(), leaf, List.of(), honest.signature()));
    unusable(
        Forge.resigned(device, honest, l -> Forge.withSource(l, new LeafNode.Source.FromUpdate())));
    unusable(Forge.resigned(device, honest, l -> Forge.withKeys(l, Bytes.EMPTY, l.signatureKey())));
    var none = new CodeList(Bytes.EMPTY);
    unusable(
        Forge.resigned(
            device,
            honest,
            l -> Forge.withCapabilities(l, new Capabilities(none, none, none, none, none))));
    unusable(
        Forge.resigned(
            device,
            honest,
            l ->
                new LeafNode(
                    l.encryptionKey(),
                    l.signatureKey(),
                    l.credential(),
                    l.capabilities(),
                    l.source(),
                    List.of(new Extension(0xf00d, Bytes.EMPTY)),
                    l.signature())));
  }
}
