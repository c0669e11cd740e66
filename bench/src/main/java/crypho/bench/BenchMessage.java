package crypho.bench;

import com.google.protobuf.ByteString;
import crypho.base.ConversationId;
import crypho.wire.v1.ClientFrame;
import crypho.wire.v1.SendRequest;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/// Makes messages of one sender in one conversation: a true header, and random bytes where the
/// ciphertext and the signature are. The content counts 500 bytes, which padding, tag, header and
/// signature make 674.
final class BenchMessage {
  static final int CONTENT_BYTES = 500;
  private static final int PADDED_BYTES = 512;
  private static final int TAG_BYTES = 16;
  private static final int SIGNATURE_BYTES = 64;
  private static final int HEADER_BYTES = 82;
  private static final int CLIENT_ID_AT = 54;
  private static final int MESSAGE_BYTES =
      HEADER_BYTES + PADDED_BYTES + TAG_BYTES + SIGNATURE_BYTES;

  private final String conversation;
  private final byte[] template = new byte[MESSAGE_BYTES];

  /// A message ready to be sent.
  record Made(ByteString clientId, ByteString bytes) {
    UUID clientUuid() {
      var in = clientId.asReadOnlyByteBuffer();
      return new UUID(in.getLong(), in.getLong());
    }
  }

  BenchMessage(ConversationId conversation, int sender) {
    this.conversation = conversation.toString();
    ThreadLocalRandom.current().nextBytes(template);
    var account = People.account(sender).value();
    var id = conversation.value();
    ByteBuffer.wrap(template)
        .put((byte) 1)
        .put((byte) 1)
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits())
        .putInt(0)
        .putLong(0)
        .putLong(account.getMostSignificantBits())
        .putLong(account.getLeastSignificantBits())
        .put(HexFormat.of().parseHex(People.device(sender).hex()));
  }

  Made next() {
    return next(ThreadLocalRandom.current().nextLong());
  }

  /// With `stamp` as the first half of the client id, so that whoever receives it knows it.
  Made next(long stamp) {
    ByteBuffer.wrap(template, CLIENT_ID_AT, 16)
        .putLong(stamp)
        .putLong(ThreadLocalRandom.current().nextLong());
    return new Made(ByteString.copyFrom(template, CLIENT_ID_AT, 16), ByteString.copyFrom(template));
  }

  /// The frame that sends `message`, or sends it again.
  ClientFrame frame(int requestId, Made message) {
    return ClientFrame.newBuilder()
        .setRequestId(requestId)
        .setSend(
            SendRequest.newBuilder()
                .setConversationId(conversation)
                .setClientId(message.clientId())
                .setMessage(message.bytes()))
        .build();
  }
}
