package crypho.server.conversation;

import crypho.base.AccountId;
import java.sql.Array;
import java.sql.SQLException;
import java.util.Collection;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// Arrays as parameters: one round trip for many rows.
final class Columns {
  private Columns() {}

  static Array accounts(Handle handle, Collection<AccountId> accounts) {
    return array(handle, "uuid", accounts.stream().map(AccountId::value).toArray(UUID[]::new));
  }

  static Array longs(Handle handle, Collection<Long> values) {
    return array(handle, "bigint", values.toArray(Long[]::new));
  }

  private static Array array(Handle handle, String type, Object[] values) {
    try {
      return handle.getConnection().createArrayOf(type, values);
    } catch (SQLException e) {
      throw new IllegalStateException("an array of " + type, e);
    }
  }
}
