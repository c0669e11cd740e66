package crypho.rtc.turn;

import crypho.base.Rng;
import crypho.rtc.ice.FiveTuple;
import crypho.rtc.ice.Protocol;
import crypho.rtc.stun.Attribute;
import crypho.rtc.stun.StunReader;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Nonces that need no memory (RFC 8489 §9.2): the second of issue and a MAC over it and the
/// client's address, so that one is worth nothing elsewhere or later. One owner thread.
final class TurnNonce {
  /// RFC 8656 §5 wants them to change at least once an hour.
  static final long LIFETIME_SECONDS = 600;

  /// In base64 without padding.
  static final int CHARS = 22;

  private static final int TIME_BYTES = 4;
  private static final int TAG_BYTES = 12;
  private static final int KEY_BYTES = 32;
  private static final int INPUT_BYTES_MAX = 4 + 16 + 2 + 1;
  private static final long SECOND_NANOS = 1_000_000_000L;

  private final Mac mac;
  private final byte[] input = new byte[INPUT_BYTES_MAX];
  private final byte[] tag = new byte[32];

  TurnNonce(Rng rng) {
    try {
      mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(rng.bytes(KEY_BYTES), "HmacSHA256"));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  byte[] issue(long nowNanos, FiveTuple client) {
    int seconds = (int) Math.floorDiv(nowNanos, SECOND_NANOS);
    compute(seconds, client);
    var raw = new byte[TIME_BYTES + TAG_BYTES];
    System.arraycopy(input, 0, raw, 0, TIME_BYTES);
    System.arraycopy(tag, 0, raw, TIME_BYTES, TAG_BYTES);
    return Base64.getEncoder().withoutPadding().encode(raw);
  }

  /// Whether the request's NONCE was issued to this client and is not stale.
  boolean isGood(long nowNanos, FiveTuple client, StunReader request) {
    if (request.valueLength(Attribute.NONCE) != CHARS) {
      return false;
    }
    int at = request.valueOffset(Attribute.NONCE);
    var raw = new byte[TIME_BYTES + TAG_BYTES];
    if (!decode(request.data(), at, raw)) {
      return false;
    }
    int seconds =
        (raw[0] & 0xff) << 24 | (raw[1] & 0xff) << 16 | (raw[2] & 0xff) << 8 | (raw[3] & 0xff);
    int age = (int) Math.floorDiv(nowNanos, SECOND_NANOS) - seconds;
    if (age < 0 || age > LIFETIME_SECONDS) {
      return false;
    }
    compute(seconds, client);
    int difference = 0;
    for (int i = 0; i < TAG_BYTES; i++) {
      difference |= tag[i] ^ raw[TIME_BYTES + i];
    }
    return difference == 0;
  }

  private void compute(int seconds, FiveTuple client) {
    input[0] = (byte) (seconds >> 24);
    input[1] = (byte) (seconds >> 16);
    input[2] = (byte) (seconds >> 8);
    input[3] = (byte) seconds;
    int port = client.remote().getPort();
    input[4] = (byte) (port >> 8);
    input[5] = (byte) port;
    input[6] = (byte) (client.protocol() == Protocol.UDP ? 0 : 1);
    var ip = client.remote().getAddress().getAddress();
    System.arraycopy(ip, 0, input, 7, ip.length);
    mac.update(input, 0, 7 + ip.length);
    try {
      mac.doFinal(tag, 0);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the tag has room", e);
    }
  }

  /// Strict base64 without exceptions: forged nonces come on the datagram path.
  private static boolean decode(byte[] text, int offset, byte[] out) {
    int bits = 0;
    int held = 0;
    int at = 0;
    for (int i = 0; i < CHARS; i++) {
      int digit = digit(text[offset + i]);
      if (digit < 0) {
        return false;
      }
      held = held << 6 | digit;
      bits += 6;
      if (bits >= 8 && at < out.length) {
        bits -= 8;
        out[at++] = (byte) (held >> bits);
      }
    }
    return (held & 0xf) == 0;
  }

  private static int digit(byte c) {
    if (c >= 'A' && c <= 'Z') {
      return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
      return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
      return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
  }
}
