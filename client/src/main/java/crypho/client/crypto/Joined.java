package crypho.client.crypto;

import crypho.base.AccountId;
import crypho.base.ConversationId;
import crypho.base.DeviceId;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.UUID;

/// Joins parts to the byte strings that the protocol signs and binds: integers big-endian, a UUID
/// as its 16 bytes, a device as its 8 bytes, a label as its ASCII text and one zero byte.
public final class Joined {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream(128);

  private Joined() {}

  public static Joined label(String label) {
    var joined = new Joined();
    joined.out.writeBytes(label.getBytes(StandardCharsets.US_ASCII));
    joined.out.write(0);
    return joined;
  }

  public static Joined start() {
    return new Joined();
  }

  public Joined u8(int value) {
    out.write(value);
    return this;
  }

  public Joined u32(int value) {
    out.write(value >>> 24);
    out.write(value >>> 16);
    out.write(value >>> 8);
    out.write(value);
    return this;
  }

  public Joined u64(long value) {
    return u32((int) (value >>> 32)).u32((int) value);
  }

  public Joined uuid(UUID value) {
    return u64(value.getMostSignificantBits()).u64(value.getLeastSignificantBits());
  }

  public Joined account(AccountId account) {
    return uuid(account.value());
  }

  public Joined conversation(ConversationId conversation) {
    return uuid(conversation.value());
  }

  public Joined device(DeviceId device) {
    return bytes(HexFormat.of().parseHex(device.hex()));
  }

  public Joined bytes(byte[] value) {
    out.writeBytes(value);
    return this;
  }

  public byte[] toBytes() {
    return out.toByteArray();
  }
}
