package crypho.mls;

import crypho.base.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A typed extension (RFC 9420 §13), its content unread.
public record Extension(int type, Bytes data) {
  public static final int APPLICATION_ID = 1;
  public static final int RATCHET_TREE = 2;
  public static final int REQUIRED_CAPABILITIES = 3;
  public static final int EXTERNAL_PUB = 4;
  public static final int EXTERNAL_SENDERS = 5;

  /// Marks a key package that may be handed out more than once (draft-ietf-mls-extensions).
  public static final int LAST_RESORT = 10;

  /// Types 1 to 5 are supported by every client and need not be listed (RFC 9420 §7.2).
  public boolean isDefault() {
    return type >= APPLICATION_ID && type <= EXTERNAL_SENDERS;
  }

  /// The content of the extension with `type`, or null.
  public static @Nullable Bytes find(List<Extension> extensions, int type) {
    for (var extension : extensions) {
      if (extension.type() == type) {
        return extension.data();
      }
    }
    return null;
  }
}
