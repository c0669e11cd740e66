package crypho.server.conversation;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.mls.MemberId;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/// Turns fields of requests into checked values, or ends the call with the field's name.
final class Fields {
  /// Version 1 ‖ purpose ‖ conversation ‖ generation ‖ epoch ‖ account ‖ device ‖ client id ‖
  /// nonce: docs/protocol/messages.md.
  private static final int HEADER_BYTES = 82;

  /// Header, the smallest padded content with its tag, signature.
  private static final int MESSAGE_BYTES_MIN = HEADER_BYTES + 32 + 16 + 64;

  private static final int PURPOSE_AT = 1;
  private static final int CONVERSATION_AT = 2;
  private static final int GENERATION_AT = 18;
  private static final int EPOCH_AT = 22;
  private static final int ACCOUNT_AT = 30;
  private static final int DEVICE_AT = 46;
  private static final int CLIENT_ID_AT = 54;

  static final int PURPOSE_MESSAGE = 1;
  static final int PURPOSE_MARKER = 2;
  static final int PURPOSE_SIGNAL = 3;

  private Fields() {}

  static ConversationId conversation(String text) {
    return new ConversationId(uuid("conversation_id", text));
  }

  static AccountId account(String field, String text) {
    return new AccountId(uuid(field, text));
  }

  /// In the order given; one that stands there twice is refused.
  static Set<AccountId> accounts(String field, List<String> texts, int max) {
    if (texts.size() > max) {
      throw RpcException.tooLarge(field, max);
    }
    var out = new LinkedHashSet<AccountId>();
    for (var text : texts) {
      if (!out.add(account(field, text))) {
        throw RpcException.invalid(field);
      }
    }
    return out;
  }

  /// Only the form that we write ourselves: 36 characters, lower case.
  private static UUID uuid(String field, String text) {
    try {
      var id = UUID.fromString(text);
      if (id.toString().equals(text)) {
        return id;
      }
    } catch (IllegalArgumentException e) {
      // Answered below, as any other form.
    }
    throw RpcException.malformed(field);
  }

  static Bytes bytes(String field, ByteString value, int max) {
    if (value.isEmpty()) {
      throw RpcException.malformed(field);
    }
    if (value.size() > max) {
      throw RpcException.tooLarge(field, max);
    }
    return Bytes.wrap(value.toByteArray());
  }

  static MemberId member(Caller caller) {
    return new MemberId(caller.account(), caller.device());
  }

  /// Generations are stored in 31 bits, epochs in 63.
  static void epoch(int generation, long epoch) {
    if (generation < 0) {
      throw RpcException.invalid("generation");
    }
    if (epoch < 0) {
      throw RpcException.invalid("epoch");
    }
  }

  /// Whether the envelope says the same as the place where it is going. Receivers refuse any other;
  /// so no member can fill a log with what nobody will show.
  static void envelope(String field, ByteString message, int purpose, Place place, int max) {
    if (message.size() > max) {
      throw RpcException.tooLarge(field, max);
    }
    boolean holds =
        message.size() >= MESSAGE_BYTES_MIN
            && message.byteAt(0) == 1
            && message.byteAt(PURPOSE_AT) == purpose
            && idAt(message, CONVERSATION_AT).equals(place.conversation().value())
            && (int) numberAt(message, GENERATION_AT, 4) == place.generation()
            && numberAt(message, EPOCH_AT, 8) == place.epoch()
            && idAt(message, ACCOUNT_AT).equals(place.account())
            && numberAt(message, DEVICE_AT, 8) == place.device();
    if (!holds) {
      throw RpcException.malformed(field);
    }
  }

  /// Where an envelope is going, and from whom.
  record Place(
      ConversationId conversation, int generation, long epoch, UUID account, long device) {}

  /// The client id in a checked envelope.
  static UUID clientIdOf(ByteString message) {
    return idAt(message, CLIENT_ID_AT);
  }

  private static UUID idAt(ByteString bytes, int at) {
    return new UUID(numberAt(bytes, at, 8), numberAt(bytes, at + 8, 8));
  }

  private static long numberAt(ByteString bytes, int at, int size) {
    long out = 0;
    for (int i = at; i < at + size; i++) {
      out = out << 8 | (bytes.byteAt(i) & 0xff);
    }
    return out;
  }
}
