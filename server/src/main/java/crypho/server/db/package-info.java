/// The database: the embedded server and its launcher, the connection pool, migrations,
/// transactions.
@NullMarked
package crypho.server.db;

import org.jspecify.annotations.NullMarked;
