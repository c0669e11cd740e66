@NullMarked
package crypho.server.live;

import org.jspecify.annotations.NullMarked;
