package crypho.server.conversation;

/// What a conversation may grow to.
///
/// @param ownedGroupsMax groups that an account may own
/// @param membersMax accounts in a group
/// @param devicesMax leaves in a group's tree
public record Limits(int ownedGroupsMax, int membersMax, int devicesMax) {
  public static final Limits DEFAULT = new Limits(1, 1_000, 1_000);

  public static final int COMMIT_BYTES_MAX = 256 << 10;
  public static final int WELCOME_BYTES_MAX = 1 << 20;
  public static final int GROUP_INFO_BYTES_MAX = 512 << 10;
  public static final int MESSAGE_BYTES_MAX = 64 << 10;
  public static final int MARKER_BYTES_MAX = 1 << 10;
  public static final int KEY_PACKAGE_BYTES_MAX = 8 << 10;
  public static final int KEY_PACKAGES_A_CALL_MAX = 100;

  /// Of one device on the server; further ones push out the oldest.
  public static final int KEY_PACKAGES_KEPT_MAX = 200;

  /// Below this the owner is told to upload more.
  public static final int KEY_PACKAGES_LOW = 10;

  public static final int CLAIMED_ACCOUNTS_MAX = 100;
  public static final int DEPOSITS_A_CALL_MAX = 1_000;
  public static final int DEPOSITS_READ_DEFAULT = 200;
  public static final int ENTRIES_READ_MAX = 500;
  public static final int ENTRIES_READ_DEFAULT = 100;

  /// An answer to ReadLog ends here.
  public static final int ENTRIES_BYTES_MAX = 2 << 20;

  /// Conversations of one account, former ones included.
  public static final int CONVERSATIONS_MAX = 10_000;
}
