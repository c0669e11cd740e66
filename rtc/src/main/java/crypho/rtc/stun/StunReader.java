package crypho.rtc.stun;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// Reads STUN messages in place (RFC 8489 §5, §14). One owner thread; what the accessors say holds
/// from a [#read] that gave [#OK] until the next, and only while the packet's bytes stay.
///
/// Of an attribute that occurs twice the first counts, save through [#next]. After an integrity
/// attribute only the stronger one and FINGERPRINT are seen, which must be last.
public final class StunReader {
  public static final int OK = 0;

  /// Shorter than a header, or no magic cookie.
  public static final int NOT_STUN = -1;

  /// The length field is not what arrived, or not a multiple of four.
  public static final int BAD_LENGTH = -2;

  /// An attribute reaches beyond the message, or has a length that its type cannot have.
  public static final int BAD_ATTRIBUTE = -3;

  public static final int TOO_MANY_ATTRIBUTES = -4;

  /// More than this is no message of ICE or TURN, and would cost its reader too much.
  public static final int ATTRIBUTES_MAX = 64;

  /// How many unknown attributes are remembered for UNKNOWN-ATTRIBUTES.
  public static final int UNKNOWN_MAX = 8;

  private static final int FINGERPRINT_XOR = 0x5354554e;
  private static final int KNOWN_TYPES = 64;

  private final long understood;
  private final CRC32 crc = new CRC32();
  private final int[] places = new int[2 * KNOWN_TYPES];
  private final int[] unknown = new int[UNKNOWN_MAX];
  private byte[] data = new byte[0];
  private int offset;
  private int end;
  private long requiredSeen;
  private long optionalSeen;
  private int unknownCount;

  /// @param understood the comprehension-required types that the user handles, by [#types];
  ///   username, integrity, realm and nonce belong to them where used
  public StunReader(long understood) {
    this.understood = understood;
  }

  /// A set of comprehension-required attribute types below 64.
  public static long types(int... attributes) {
    long set = 0;
    for (int attribute : attributes) {
      set |= 1L << attribute;
    }
    return set;
  }

  /// Reads the header and finds the attributes of one whole message.
  ///
  /// @return [#OK], or a negative verdict
  public int read(byte[] data, int offset, int length) {
    requiredSeen = 0;
    optionalSeen = 0;
    unknownCount = 0;
    if (!Demux.isStun(data, offset, length)) {
      return NOT_STUN;
    }
    int body = Stun.uint16(data, offset + 2);
    if ((body & 3) != 0 || body != length - Stun.HEADER_BYTES) {
      return BAD_LENGTH;
    }
    this.data = data;
    this.offset = offset;
    this.end = offset + length;
    return readAttributes();
  }

  private int readAttributes() {
    int at = offset + Stun.HEADER_BYTES;
    for (int count = 0; at < end; count++) {
      if (count == ATTRIBUTES_MAX) {
        return TOO_MANY_ATTRIBUTES;
      }
      int length = end - at < 4 ? end : Stun.uint16(data, at + 2);
      int next = at + 4 + Stun.padded(length);
      if (next > end || has(Attribute.FINGERPRINT)) {
        return BAD_ATTRIBUTE;
      }
      int type = Stun.uint16(data, at);
      if (!hasLengthOf(type, length)) {
        return BAD_ATTRIBUTE;
      }
      if (isCounted(type)) {
        note(type, at);
      }
      at = next;
    }
    return OK;
  }

  private static boolean hasLengthOf(int type, int length) {
    return switch (type) {
      case Attribute.MESSAGE_INTEGRITY -> length == IntegrityKey.SHA1_BYTES;
      case Attribute.MESSAGE_INTEGRITY_SHA256 ->
          length >= IntegrityKey.SHA256_BYTES_MIN
              && length <= IntegrityKey.SHA256_BYTES
              && (length & 3) == 0;
      case Attribute.FINGERPRINT,
          Attribute.PRIORITY,
          Attribute.LIFETIME,
          Attribute.CHANNEL_NUMBER,
          Attribute.REQUESTED_TRANSPORT,
          Attribute.REQUESTED_ADDRESS_FAMILY,
          Attribute.ADDITIONAL_ADDRESS_FAMILY ->
          length == 4;
      case Attribute.USE_CANDIDATE, Attribute.DONT_FRAGMENT -> length == 0;
      case Attribute.EVEN_PORT -> length == 1;
      case Attribute.ICE_CONTROLLED, Attribute.ICE_CONTROLLING, Attribute.RESERVATION_TOKEN ->
          length == 8;
      default -> true;
    };
  }

  /// RFC 8489 §14.5: what follows an integrity attribute is not protected and so not seen.
  private boolean isCounted(int type) {
    if (has(Attribute.MESSAGE_INTEGRITY_SHA256)) {
      return type == Attribute.FINGERPRINT;
    }
    return !has(Attribute.MESSAGE_INTEGRITY)
        || type == Attribute.FINGERPRINT
        || type == Attribute.MESSAGE_INTEGRITY_SHA256;
  }

  private void note(int type, int at) {
    if (type < KNOWN_TYPES) {
      if ((requiredSeen & (1L << type)) == 0) {
        requiredSeen |= 1L << type;
        places[type] = at;
      }
    } else if (type >= Attribute.OPTIONAL_MIN && type < Attribute.OPTIONAL_MIN + KNOWN_TYPES) {
      if ((optionalSeen & (1L << (type & 63))) == 0) {
        optionalSeen |= 1L << (type & 63);
        places[KNOWN_TYPES + (type & 63)] = at;
      }
    }
    boolean isUnderstood =
        type >= Attribute.OPTIONAL_MIN || (type < KNOWN_TYPES && (understood & (1L << type)) != 0);
    if (!isUnderstood && unknownCount < UNKNOWN_MAX) {
      unknown[unknownCount++] = type;
    }
  }

  /// See [Stun]: `BINDING`, `ALLOCATE`, …
  public int method() {
    return Stun.methodOf(Stun.uint16(data, offset));
  }

  /// `REQUEST`, `INDICATION`, `SUCCESS` or `ERROR` of [Stun].
  public int messageClass() {
    return Stun.classOf(Stun.uint16(data, offset));
  }

  public byte[] data() {
    return data;
  }

  public int offset() {
    return offset;
  }

  /// The whole message, header and all.
  public int length() {
    return end - offset;
  }

  /// Where the twelve bytes of the transaction id lie in [#data].
  public int transactionIdOffset() {
    return offset + 8;
  }

  /// The transaction id folded to 64 bits: of random ids no two are ever the same.
  public long transactionIdHash() {
    long high = (long) Stun.int32(data, offset + 8) << 32;
    long low = Integer.toUnsignedLong(Stun.int32(data, offset + 12));
    return (high | low) ^ Stun.int32(data, offset + 16) * 0x9e3779b97f4a7c15L;
  }

  public boolean has(int attribute) {
    return attribute < KNOWN_TYPES
        ? (requiredSeen & (1L << attribute)) != 0
        : (optionalSeen & (1L << (attribute & 63))) != 0;
  }

  /// Where the value lies in [#data]. Only for an attribute that [#has] found.
  public int valueOffset(int attribute) {
    return place(attribute) + 4;
  }

  /// The value's bytes without padding. Only for an attribute that [#has] found.
  public int valueLength(int attribute) {
    return Stun.uint16(data, place(attribute) + 2);
  }

  private int place(int attribute) {
    return places[attribute < KNOWN_TYPES ? attribute : KNOWN_TYPES + (attribute & 63)];
  }

  /// The first four bytes of a value of at least four, as PRIORITY and LIFETIME are.
  public int intValue(int attribute) {
    return Stun.int32(data, valueOffset(attribute));
  }

  /// ERROR-CODE as hundreds and units, or 0 where there is none.
  public int errorCode() {
    if (!has(Attribute.ERROR_CODE) || valueLength(Attribute.ERROR_CODE) < 4) {
      return 0;
    }
    int at = valueOffset(Attribute.ERROR_CODE);
    return (data[at + 2] & 7) * 100 + (data[at + 3] & 0xff);
  }

  /// The value as UTF-8. Allocates: for the control path.
  public String text(int attribute) {
    return new String(data, valueOffset(attribute), valueLength(attribute), StandardCharsets.UTF_8);
  }

  /// True where the value is exactly `expected`.
  public boolean valueEquals(int attribute, byte[] expected) {
    if (!has(attribute) || valueLength(attribute) != expected.length) {
      return false;
    }
    int at = valueOffset(attribute);
    for (int i = 0; i < expected.length; i++) {
      if (data[at + i] != expected[i]) {
        return false;
      }
    }
    return true;
  }

  /// Comprehension-required attributes that the user does not handle (answered with 420).
  public int unknownCount() {
    return unknownCount;
  }

  public int unknown(int index) {
    return unknown[index];
  }

  /// The value offset of the next attribute of a type that occurs more than once, after the one
  /// whose value offset is `after` (0 for the first); -1 where there is none. Those behind
  /// integrity are not seen.
  public int next(int attribute, int after) {
    if (!has(attribute)) {
      return -1;
    }
    if (after == 0) {
      return valueOffset(attribute);
    }
    int stop = integrityPlace();
    int at = after + Stun.padded(Stun.uint16(data, after - 2));
    while (at < stop) {
      if (Stun.uint16(data, at) == attribute) {
        return at + 4;
      }
      at += 4 + Stun.padded(Stun.uint16(data, at + 2));
    }
    return -1;
  }

  private int integrityPlace() {
    if (has(Attribute.MESSAGE_INTEGRITY)) {
      return place(Attribute.MESSAGE_INTEGRITY);
    }
    return has(Attribute.MESSAGE_INTEGRITY_SHA256)
        ? place(Attribute.MESSAGE_INTEGRITY_SHA256)
        : end;
  }

  /// Reads the XOR-…-ADDRESS whose value begins at `valueOffset` (RFC 8489 §14.2). Allocates.
  ///
  /// @return null where family and length do not fit
  public @Nullable InetSocketAddress xorAddressAt(int valueOffset) {
    int bytes = addressBytes(valueOffset);
    if (bytes == 0) {
      return null;
    }
    int port = Stun.uint16(data, valueOffset + 2) ^ (Stun.MAGIC_COOKIE >>> 16);
    var ip = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      ip[i] = (byte) (data[valueOffset + 4 + i] ^ data[offset + 4 + i]);
    }
    try {
      return new InetSocketAddress(InetAddress.getByAddress(ip), port);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("four or sixteen bytes are an address", e);
    }
  }

  /// The family at `valueOffset` of an address attribute, whatever its length: see [Stun].
  public int familyAt(int valueOffset) {
    return Stun.uint16(data, valueOffset - 2) < 2 ? 0 : data[valueOffset + 1] & 0xff;
  }

  private int addressBytes(int valueOffset) {
    return switch (Stun.uint16(data, valueOffset - 2)) {
      case 8 -> data[valueOffset + 1] == Stun.FAMILY_IPV4 ? 4 : 0;
      case 20 -> data[valueOffset + 1] == Stun.FAMILY_IPV6 ? 16 : 0;
      default -> 0;
    };
  }

  public boolean hasIntegrity() {
    return has(Attribute.MESSAGE_INTEGRITY) || has(Attribute.MESSAGE_INTEGRITY_SHA256);
  }

  /// Whether the message was made with `key`: by its MESSAGE-INTEGRITY-SHA256 where it has one,
  /// else by MESSAGE-INTEGRITY. Without either, false. Constant time in the tag.
  public boolean verify(IntegrityKey key) {
    boolean isSha256 = has(Attribute.MESSAGE_INTEGRITY_SHA256);
    if (!hasIntegrity()) {
      return false;
    }
    int attribute = isSha256 ? Attribute.MESSAGE_INTEGRITY_SHA256 : Attribute.MESSAGE_INTEGRITY;
    int bytes = valueLength(attribute);
    int at = valueOffset(attribute);
    var tag = key.tag(isSha256, data, offset, at - 4, bytes);
    int difference = 0;
    for (int i = 0; i < bytes; i++) {
      difference |= tag[i] ^ data[at + i];
    }
    return difference == 0;
  }

  /// Whether there is a FINGERPRINT and it is right (RFC 8489 §14.7).
  public boolean hasValidFingerprint() {
    if (!has(Attribute.FINGERPRINT)) {
      return false;
    }
    int at = place(Attribute.FINGERPRINT);
    return fingerprint(crc, data, offset, at - offset) == Stun.int32(data, at + 4);
  }

  static int fingerprint(CRC32 crc, byte[] data, int offset, int length) {
    crc.reset();
    crc.update(data, offset, length);
    return (int) crc.getValue() ^ FINGERPRINT_XOR;
  }
}
