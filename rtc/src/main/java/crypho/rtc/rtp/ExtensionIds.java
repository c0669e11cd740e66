package crypho.rtc.rtp;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Which local identifier (1 to 255, RFC 8285 §4) stands for which extension on one transport or
/// for one consumer. Immutable; equal maps share one [HeaderRewriter] per packet.
public final class ExtensionIds {
  /// What [#idOf] answers for a kind that was not negotiated.
  public static final int NONE = 0;

  /// Identifiers are one octet; 0 is padding.
  public static final int ID_MAX = 255;

  private final Map<ExtensionKind, Integer> idByKind = new EnumMap<>(ExtensionKind.class);
  private final @Nullable ExtensionKind[] kindById = new @Nullable ExtensionKind[ID_MAX + 1];

  /// @throws IllegalArgumentException for an identifier out of range or given twice
  public ExtensionIds(Map<ExtensionKind, Integer> ids) {
    for (var entry : ids.entrySet()) {
      int id = entry.getValue();
      if (id < 1 || id > ID_MAX || kindById[id] != null) {
        throw new IllegalArgumentException("extension id " + id);
      }
      idByKind.put(entry.getKey(), id);
      kindById[id] = entry.getKey();
    }
  }

  public static ExtensionIds none() {
    return new ExtensionIds(Map.of());
  }

  /// The identifier, or [#NONE].
  public int idOf(ExtensionKind kind) {
    return idByKind.getOrDefault(kind, NONE);
  }

  /// The kind behind an identifier from 0 to 255, or null.
  public @Nullable ExtensionKind kindOf(int id) {
    return kindById[id];
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ExtensionIds ids && idByKind.equals(ids.idByKind);
  }

  @Override
  public int hashCode() {
    return idByKind.hashCode();
  }
}
