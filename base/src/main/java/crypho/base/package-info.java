/// Value types and seams that every module shares: ids, immutable bytes, secrets and personal data
/// that cannot be printed, randomness as an argument. Depends on nothing but the JDK.
@NullMarked
package crypho.base;

import org.jspecify.annotations.NullMarked;
