/// The library as a process of its own, for programs in other languages.
@NullMarked
package crypho.client.cli;

import org.jspecify.annotations.NullMarked;
