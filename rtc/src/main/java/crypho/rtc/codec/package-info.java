/// What a router must know of a codec to forward it: where key frames and layers begin, from the
/// dependency descriptor or the payload descriptor, and which of them a consumer gets. Nothing is
/// decoded, and a payload that is encrypted end to end is never read.
@NullMarked
package crypho.rtc.codec;

import org.jspecify.annotations.NullMarked;
