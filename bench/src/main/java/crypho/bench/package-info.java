/// Measured comparisons: starts the packaged server as a process, loads it, and reports numbers
/// that anyone can reproduce with `./crypho bench`.
@NullMarked
package crypho.bench;

import org.jspecify.annotations.NullMarked;
