/// The working group's vectors, BouncyCastle as a second implementation, forged commits, hostile
/// bytes.
@NullMarked
package crypho.mls;

import org.jspecify.annotations.NullMarked;
