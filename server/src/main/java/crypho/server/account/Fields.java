package crypho.server.account;

import com.google.protobuf.ByteString;
import crypho.base.AccountId;
import crypho.base.Bytes;
import crypho.base.DeviceId;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.Language;
import java.text.Normalizer;
import java.util.UUID;

/// Turns fields of requests into checked values, or ends the call with MALFORMED, INVALID or
/// TOO_LARGE naming the field.
public final class Fields {
  private static final int UUID_TEXT_LENGTH = 36;

  private Fields() {}

  /// Exactly `size` bytes.
  public static Bytes exactly(String field, ByteString value, int size) {
    if (value.size() != size) {
      throw RpcException.malformed(field);
    }
    return Bytes.wrap(value.toByteArray());
  }

  /// At most `bytesMax` bytes.
  public static Bytes atMost(String field, ByteString value, int bytesMax) {
    if (value.size() > bytesMax) {
      throw RpcException.tooLarge(field, bytesMax);
    }
    return Bytes.wrap(value.toByteArray());
  }

  public static EmailAddress email(String field, String text) {
    var address = EmailAddress.parse(text);
    if (address == null) {
      throw RpcException.invalid(field);
    }
    return address;
  }

  /// One line of text: NFC, ends stripped, no control characters, 1 to `charactersMax` characters.
  public static String line(String field, String text, int charactersMax) {
    var line = text(field, text, charactersMax).strip();
    if (line.isEmpty() || line.codePoints().anyMatch(Fields::breaksLine)) {
      throw RpcException.invalid(field);
    }
    return line;
  }

  /// Text of at most `charactersMax` characters: NFC, no control characters but line breaks and
  /// tabs.
  public static String text(String field, String text, int charactersMax) {
    var normal = Normalizer.normalize(text, Normalizer.Form.NFC);
    if (normal.codePointCount(0, normal.length()) > charactersMax) {
      throw RpcException.tooLarge(field, charactersMax);
    }
    if (normal.codePoints().anyMatch(Fields::isControl)) {
      throw RpcException.invalid(field);
    }
    return normal;
  }

  public static Language language(String field, Language language) {
    return switch (language) {
      case LANGUAGE_NB, LANGUAGE_EN -> language;
      case LANGUAGE_UNSPECIFIED, UNRECOGNIZED -> throw RpcException.invalid(field);
    };
  }

  public static AccountId account(String field, String text) {
    return new AccountId(uuid(field, text));
  }

  /// A UUID in its canonical form of 36 characters.
  public static UUID uuid(String field, String text) {
    if (text.length() == UUID_TEXT_LENGTH) {
      try {
        var uuid = UUID.fromString(text);
        if (uuid.toString().equals(text)) {
          return uuid;
        }
      } catch (IllegalArgumentException e) {
        throw RpcException.malformed(field);
      }
    }
    throw RpcException.malformed(field);
  }

  public static DeviceId device(String field, String text) {
    try {
      return new DeviceId(text);
    } catch (IllegalArgumentException e) {
      throw RpcException.malformed(field);
    }
  }

  /// A whole number from `from` to `to`, both inclusive; protobuf's uint32 arrives as an int.
  public static int number(String field, int value, int from, int to) {
    if (value < from || value > to) {
      throw RpcException.invalid(field);
    }
    return value;
  }

  private static boolean breaksLine(int character) {
    int type = Character.getType(character);
    return Character.isISOControl(character)
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }

  private static boolean isControl(int character) {
    boolean isAllowed = character == '\n' || character == '\r' || character == '\t';
    return !isAllowed
        && (Character.isISOControl(character)
            || Character.getType(character) == Character.SURROGATE);
  }
}
