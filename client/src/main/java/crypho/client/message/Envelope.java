package crypho.client.message;

import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DecodeException;
import crypho.base.DeviceId;
import crypho.base.Invariant;
import crypho.base.Rng;
import crypho.client.crypto.Hkdf;
import crypho.client.crypto.Joined;
import crypho.client.crypto.OpenException;
import crypho.client.crypto.Padding;
import crypho.client.crypto.Sealed;
import crypho.client.crypto.SigningKey;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;

/// `header ‖ ciphertext ‖ signature`: a message, a read marker or a signal.
public record Envelope(Header header, Bytes ciphertext, Bytes signature) {
  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 82;
  private static final int CLIENT_ID_BYTES = 16;

  /// What the envelope is for, bound into its key.
  public enum Purpose {
    MESSAGE(1),
    MARKER(2),
    SIGNAL(3);

    private final int code;

    Purpose(int code) {
      this.code = code;
    }
  }

  /// Who sent it, and when in the group's life.
  public record Sender(AccountId account, DeviceId device) {}

  /// The part in the clear. `nonce` is random; `clientId` names the message.
  public record Header(
      Purpose purpose, EpochRef epoch, Sender sender, Bytes clientId, Bytes nonce) {
    public Header {
      Invariant.check(clientId.size() == CLIENT_ID_BYTES, "a client id has 16 bytes");
      Invariant.check(nonce.size() == Sealed.NONCE_BYTES, "a nonce has 12 bytes");
    }

    byte[] encode() {
      return Joined.start()
          .u8(VERSION)
          .u8(purpose.code)
          .conversation(epoch.conversation())
          .u32(epoch.generation())
          .u64(epoch.epoch())
          .account(sender.account())
          .device(sender.device())
          .bytes(clientId.toArray())
          .bytes(nonce.toArray())
          .toBytes();
    }
  }

  /// Pads, encrypts and signs. The caller has derived `conversationKey` from the group itself.
  public static Envelope seal(
      Header header, byte[] conversationKey, SigningKey signingKey, byte[] content) {
    var head = header.encode();
    var ciphertext =
        Sealed.encrypt(
            senderKey(header, conversationKey),
            header.nonce().toArray(),
            Padding.pad(content),
            head);
    var signature = signingKey.sign(signed(head, ciphertext));
    return new Envelope(header, Bytes.wrap(ciphertext), Bytes.wrap(signature));
  }

  public static Header newHeader(
      Purpose purpose, EpochRef epoch, Sender sender, Bytes clientId, Rng rng) {
    return new Header(purpose, epoch, sender, clientId, Bytes.wrap(rng.bytes(Sealed.NONCE_BYTES)));
  }

  public boolean isSignedBy(Bytes signingKey) {
    return SigningKey.verifies(
        signingKey, signed(header.encode(), ciphertext.toArray()), signature.toArray());
  }

  /// The content, once the caller has compared the header and checked the signature.
  public byte[] open(byte[] conversationKey) throws OpenException {
    var padded =
        Sealed.decrypt(
            senderKey(header, conversationKey),
            header.nonce().toArray(),
            ciphertext.toArray(),
            header.encode(),
            "message");
    return Padding.unpad(padded, "message");
  }

  public byte[] encode() {
    return Joined.start()
        .bytes(header.encode())
        .bytes(ciphertext.toArray())
        .bytes(signature.toArray())
        .toBytes();
  }

  public static Envelope decode(byte[] message) throws DecodeException {
    var smallest = HEADER_BYTES + Sealed.TAG_BYTES + SigningKey.SIGNATURE_BYTES;
    if (message.length < smallest) {
      throw new DecodeException("message", message.length, "shorter than an empty one");
    }
    var in = ByteBuffer.wrap(message);
    if (in.get() != VERSION) {
      throw new DecodeException("message.version", 0, "not version 1");
    }
    var purpose = purpose(in.get());
    var conversation = new ConversationId(new UUID(in.getLong(), in.getLong()));
    var epoch = new EpochRef(conversation, in.getInt(), in.getLong());
    var account = new AccountId(new UUID(in.getLong(), in.getLong()));
    var device = new DeviceId(HexFormat.of().toHexDigits(in.getLong()));
    var header =
        new Header(
            purpose,
            epoch,
            new Sender(account, device),
            take(in, CLIENT_ID_BYTES),
            take(in, Sealed.NONCE_BYTES));
    var ciphertext = take(in, in.remaining() - SigningKey.SIGNATURE_BYTES);
    return new Envelope(header, ciphertext, take(in, SigningKey.SIGNATURE_BYTES));
  }

  private static Purpose purpose(byte code) throws DecodeException {
    return Arrays.stream(Purpose.values())
        .filter(purpose -> purpose.code == code)
        .findFirst()
        .orElseThrow(() -> new DecodeException("message.purpose", 1, "unknown"));
  }

  private static Bytes take(ByteBuffer in, int size) {
    var out = new byte[size];
    in.get(out);
    return Bytes.wrap(out);
  }

  private static byte[] senderKey(Header header, byte[] conversationKey) {
    return Hkdf.expand(
        conversationKey,
        Joined.label("sender")
            .u8(header.purpose().code)
            .account(header.sender().account())
            .device(header.sender().device())
            .toBytes());
  }

  private static byte[] signed(byte[] header, byte[] ciphertext) {
    return Joined.label("crypho message v1").bytes(header).bytes(ciphertext).toBytes();
  }
}
