/// A second MLS implementation (BouncyCastle) behind a line-based command, so that tests in other
/// languages can hold a group with it. Test equipment: nothing of the product depends on it, and it
/// must never read hostile bytes (its decoder allocates what a length field says).
@NullMarked
package crypho.interop;

import org.jspecify.annotations.NullMarked;
