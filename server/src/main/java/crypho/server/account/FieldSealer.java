package crypho.server.account;

import crypho.base.Bytes;
import crypho.server.seal.Sealer;

/// Seals fields under one account's data key.
public final class FieldSealer {
  private final Sealer sealer;
  private final Bytes dataKey;

  FieldSealer(Sealer sealer, Bytes dataKey) {
    this.sealer = sealer;
    this.dataKey = dataKey;
  }

  /// @param field the column: `invitation.note`
  public Bytes seal(String field, String plain) {
    return Bytes.wrap(sealer.seal(dataKey.toArray(), field, plain));
  }

  /// @throws IllegalStateException where the value was not sealed for this field of this account
  public String open(String field, Bytes sealed) {
    return sealer.openText(dataKey.toArray(), field, sealed.toArray());
  }
}
