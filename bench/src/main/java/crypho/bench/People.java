package crypho.bench;

import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import crypho.server.seal.Sealer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/// The made-up people of a run: ids and tokens follow from a number, so that the seeding and the
/// load agree without a file between them.
final class People {
  private People() {}

  static AccountId account(int number) {
    return new AccountId(uuid("account", number));
  }

  static DeviceId device(int number) {
    return DeviceId.ofRandom(Arrays.copyOf(bytes("device", number), 8));
  }

  /// The session token of the person's one device.
  static byte[] token(int number) {
    return bytes("token", number);
  }

  static ConversationId conversation(String kind, int number) {
    return new ConversationId(uuid(kind, number));
  }

  static byte[] key(String kind, int number) {
    return bytes(kind, number);
  }

  private static UUID uuid(String kind, int number) {
    var raw = ByteBuffer.wrap(bytes(kind, number));
    var high = (raw.getLong() & ~0xf000L) | 0x4000L;
    return new UUID(high, (raw.getLong() >>> 2) | 0x8000_0000_0000_0000L);
  }

  private static byte[] bytes(String kind, int number) {
    var text = "crypho bench " + kind + " " + number;
    return Arrays.copyOf(Sealer.tokenHash(text.getBytes(StandardCharsets.US_ASCII)), 32);
  }
}
