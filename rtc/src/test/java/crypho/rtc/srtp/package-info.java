@NullMarked
package crypho.rtc.srtp;

import org.jspecify.annotations.NullMarked;
