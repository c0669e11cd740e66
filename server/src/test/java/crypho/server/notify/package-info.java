@NullMarked
package crypho.server.notify;

import org.jspecify.annotations.NullMarked;
