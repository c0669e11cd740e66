@NullMarked
package crypho.rtc.turn;

import org.jspecify.annotations.NullMarked;
