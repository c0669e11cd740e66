package crypho.rtc.stun;

/// The numbers of STUN, ICE and TURN messages (RFC 8489 §18, RFC 8445 §16, RFC 8656 §18), and
/// big-endian reading.
public final class Stun {
  public static final int HEADER_BYTES = 20;
  public static final int MAGIC_COOKIE = 0x2112a442;
  public static final int TRANSACTION_ID_BYTES = 12;

  // Methods.
  public static final int BINDING = 0x001;
  public static final int ALLOCATE = 0x003;
  public static final int REFRESH = 0x004;
  public static final int SEND = 0x006;
  public static final int DATA = 0x007;
  public static final int CREATE_PERMISSION = 0x008;
  public static final int CHANNEL_BIND = 0x009;

  // Classes, as the two bits C1 C0 lie in the message type.
  public static final int REQUEST = 0x000;
  public static final int INDICATION = 0x010;
  public static final int SUCCESS = 0x100;
  public static final int ERROR = 0x110;
  private static final int CLASS_MASK = 0x110;

  // Address families of MAPPED-ADDRESS and its relatives.
  public static final int FAMILY_IPV4 = 1;
  public static final int FAMILY_IPV6 = 2;

  private Stun() {}

  /// The message type: the method's twelve bits around the class's two (RFC 8489 §5).
  public static int type(int method, int messageClass) {
    return (method & 0xf80) << 2 | (method & 0x070) << 1 | (method & 0x00f) | messageClass;
  }

  static int methodOf(int type) {
    return (type & 0x3e00) >> 2 | (type & 0x00e0) >> 1 | (type & 0x000f);
  }

  static int classOf(int type) {
    return type & CLASS_MASK;
  }

  static int uint16(byte[] data, int offset) {
    return (data[offset] & 0xff) << 8 | (data[offset + 1] & 0xff);
  }

  static int int32(byte[] data, int offset) {
    return uint16(data, offset) << 16 | uint16(data, offset + 2);
  }

  static void putUint16(byte[] out, int offset, int value) {
    out[offset] = (byte) (value >> 8);
    out[offset + 1] = (byte) value;
  }

  static void putInt32(byte[] out, int offset, int value) {
    putUint16(out, offset, value >> 16);
    putUint16(out, offset + 2, value);
  }

  /// The next multiple of four.
  public static int padded(int length) {
    return (length + 3) & ~3;
  }
}
