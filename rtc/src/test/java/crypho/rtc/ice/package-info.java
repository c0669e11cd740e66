@NullMarked
package crypho.rtc.ice;

import org.jspecify.annotations.NullMarked;
