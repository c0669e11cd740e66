/// The composition root: the only package that sees all features and wires them by plain
/// constructors.
@NullMarked
package crypho.server.app;

import org.jspecify.annotations.NullMarked;
