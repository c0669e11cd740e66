/// The control channel of a router that runs alone, and the program around it.
@NullMarked
package crypho.router.control;

import org.jspecify.annotations.NullMarked;
