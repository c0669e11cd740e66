package crypho.server.account;

import crypho.base.AccountId;
import crypho.base.Bytes;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Reads columns as our types.
final class Rows {
  private Rows() {}

  static AccountId account(ResultSet row, String column) throws SQLException {
    return new AccountId(row.getObject(column, UUID.class));
  }

  static Bytes bytes(ResultSet row, String column) throws SQLException {
    return Bytes.wrap(row.getBytes(column));
  }

  static List<Bytes> bytesList(ResultSet row, String column) throws SQLException {
    var all = new ArrayList<Bytes>();
    for (var one : (byte[][]) row.getArray(column).getArray()) {
      all.add(Bytes.wrap(one));
    }
    return all;
  }

  static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getTimestamp(column).toInstant();
  }

  static @Nullable Instant instantOrNull(ResultSet row, String column) throws SQLException {
    var timestamp = row.getTimestamp(column);
    return timestamp == null ? null : timestamp.toInstant();
  }
}
