/// What tests of the server start from: a database, a running server.
@NullMarked
package crypho.server.testing;

import org.jspecify.annotations.NullMarked;
