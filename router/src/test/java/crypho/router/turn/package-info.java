@NullMarked
package crypho.router.turn;

import org.jspecify.annotations.NullMarked;
