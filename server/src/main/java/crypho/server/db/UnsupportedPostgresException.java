package crypho.server.db;

import java.io.IOException;

/// The database's server is older than what Crypho is tested on. Said at the start, before anything
/// is written: half a migration would be worse.
public final class UnsupportedPostgresException extends IOException {
  private static final long serialVersionUID = 1;

  /// The oldest major version on which the tests run.
  static final int OLDEST = 15;

  private UnsupportedPostgresException(String version) {
    super(
        "The database is PostgreSQL "
            + version
            + ". Crypho needs PostgreSQL "
            + OLDEST
            + " or newer: upgrade it, or leave database.url empty to use the one that comes with"
            + " Crypho.");
  }

  /// @param number `server_version_num`: 150004 is 15.4, 90624 is 9.6.24
  static void throwIfOlder(int number) throws UnsupportedPostgresException {
    if (number / 10_000 < OLDEST) {
      throw new UnsupportedPostgresException(version(number));
    }
  }

  /// The first number alone names the major version since 10.
  private static String version(int number) {
    var major = number / 10_000;
    var rest = number % 10_000;
    return major >= 10 ? major + "." + rest : major + "." + rest / 100 + "." + rest % 100;
  }
}
