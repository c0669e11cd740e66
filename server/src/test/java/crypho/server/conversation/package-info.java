/// Tests of the delivery service: its rules in a simulated world, and the same rules on a real
/// PostgreSQL.
@NullMarked
package crypho.server.conversation;

import org.jspecify.annotations.NullMarked;
