@NullMarked
package crypho.router;

import org.jspecify.annotations.NullMarked;
