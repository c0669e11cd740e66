/// The server's half of MLS (RFC 9420): a bounded parser of public framing and the rules of the
/// delivery service. Reads handshakes, never holds a secret.
@NullMarked
package crypho.mls;

import org.jspecify.annotations.NullMarked;
