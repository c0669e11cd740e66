@NullMarked
package crypho.server.app;

import org.jspecify.annotations.NullMarked;
