/// Tools for tests: seeded properties, a generator, a virtual clock. Used in test scope only.
@NullMarked
package crypho.testkit;

import org.jspecify.annotations.NullMarked;
