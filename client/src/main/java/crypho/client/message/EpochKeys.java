package crypho.client.message;

import crypho.base.Bytes;
import crypho.client.crypto.Hkdf;

/// What an epoch's exporter gives: the conversation key, and the head that members compare.
public final class EpochKeys {
  public static final String EXPORTER_LABEL = "exporter";
  public static final int EXPORTED_BYTES = 32;

  private EpochKeys() {}

  public static byte[] conversationKey(byte[] exported, EpochRef epoch) {
    return Hkdf.expand(exported, epoch.labelled("message"));
  }

  public static Bytes head(byte[] exported, EpochRef epoch) {
    return Bytes.wrap(Hkdf.expand(exported, epoch.labelled("head")));
  }
}
