/// Sealing of personal fields at rest: a data key per account, wrapped by a master key that is kept
/// apart from the database. Destroying a data key is erasure.
@NullMarked
package crypho.server.seal;

import org.jspecify.annotations.NullMarked;
