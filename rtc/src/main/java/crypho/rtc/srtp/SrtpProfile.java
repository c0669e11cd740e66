package crypho.rtc.srtp;

import org.jspecify.annotations.Nullable;

/// The protection profiles we speak, the most wanted first (RFC 5764 §4.1.2, RFC 7714 §14.2).
public enum SrtpProfile {
  AEAD_AES_128_GCM(0x0007, 16, 12, 16),
  AEAD_AES_256_GCM(0x0008, 32, 12, 16),
  AES128_CM_HMAC_SHA1_80(0x0001, 16, 14, 10);

  /// What the longest tag and the SRTCP index add to a packet at most.
  public static final int EXPANSION_BYTES_MAX = 16 + 4;

  private final int id;
  private final int keyBytes;
  private final int saltBytes;
  private final int tagBytes;

  SrtpProfile(int id, int keyBytes, int saltBytes, int tagBytes) {
    this.id = id;
    this.keyBytes = keyBytes;
    this.saltBytes = saltBytes;
    this.tagBytes = tagBytes;
  }

  /// The two bytes of the `use_srtp` extension.
  public int id() {
    return id;
  }

  public int keyBytes() {
    return keyBytes;
  }

  public int saltBytes() {
    return saltBytes;
  }

  /// How much longer a protected RTP packet is; SRTCP adds four bytes of index to it.
  public int tagBytes() {
    return tagBytes;
  }

  /// How much DTLS exports: two keys, then two salts.
  public int keyingMaterialBytes() {
    return 2 * (keyBytes + saltBytes);
  }

  public static @Nullable SrtpProfile ofId(int id) {
    for (var profile : values()) {
      if (profile.id == id) {
        return profile;
      }
    }
    return null;
  }
}
