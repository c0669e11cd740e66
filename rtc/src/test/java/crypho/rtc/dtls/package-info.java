@NullMarked
package crypho.rtc.dtls;

import org.jspecify.annotations.NullMarked;
