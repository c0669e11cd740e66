@NullMarked
package crypho.rtc.stun;

import org.jspecify.annotations.NullMarked;
