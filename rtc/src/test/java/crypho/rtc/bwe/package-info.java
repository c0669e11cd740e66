@NullMarked
package crypho.rtc.bwe;

import org.jspecify.annotations.NullMarked;
