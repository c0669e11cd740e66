package crypho.client;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import crypho.base.AccountId;
import crypho.base.DeviceId;
import crypho.base.Rng;
import crypho.client.crypto.SigningKey;
import crypho.client.mls.MlsDevice;
import crypho.client.mls.MlsException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MlsGroupTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  private static MlsDevice device(int number) {
    return new MlsDevice(
        new AccountId(new UUID(0x4000, number)),
        new DeviceId(HexFormat.of().toHexDigits(0x1000_0000_0000_0000L + number)),
        "crypho",
        SigningKey.generate(Rng.secure()),
        Rng.secure());
  }

  @Test
  void welcomeExternalJoinAndRemovalAgreeOnSecrets() throws Exception {
    var alice = device(1);
    var bob = device(2);
    var carol = device(3);
    var created = alice.create(new byte[20], NOW);
    var adding = created.commit(bob.keyPackages(1, NOW), List.of());
    var ofAlice = adding.next();
    var ofBob = bob.join(adding.welcome().toArray());
    assertArrayEquals(ofAlice.exported(), ofBob.exported());

    var joining = carol.joinExternally(adding.groupInfo().toArray(), NOW);
    ofAlice = ofAlice.process(joining.commit().toArray());
    ofBob = ofBob.process(joining.commit().toArray());
    assertArrayEquals(joining.next().exported(), ofAlice.exported());
    assertArrayEquals(joining.next().exported(), ofBob.exported());
    assertEquals(3, ofBob.members().size());

    var leaf = ofAlice.members().get(1);
    assertEquals("1000000000000002", leaf.device().hex());
    var removing = ofAlice.commit(List.of(), List.of(leaf));
    assertEquals(0, removing.welcome().size(), "a Welcome for nobody is refused by servers");
    var ofCarol = joining.next().process(removing.commit().toArray());
    assertArrayEquals(removing.next().exported(), ofCarol.exported());
    assertEquals(2, ofCarol.members().size());
    var bobsLast = ofBob;
    assertThrows(MlsException.class, () -> bobsLast.process(removing.commit().toArray()));
    assertFalse(Arrays.equals(bobsLast.exported(), ofCarol.exported()));
  }

  @Test
  void joiningAgainRemovesTheOldLeaf() throws Exception {
    var alice = device(1);
    var bob = device(2);
    var adding = alice.create(new byte[20], NOW).commit(bob.keyPackages(1, NOW), List.of());
    var again = bob.joinExternally(adding.groupInfo().toArray(), NOW);
    var ofAlice = adding.next().process(again.commit().toArray());
    assertEquals(2, ofAlice.members().size());
    assertArrayEquals(again.next().exported(), ofAlice.exported());
  }
}
