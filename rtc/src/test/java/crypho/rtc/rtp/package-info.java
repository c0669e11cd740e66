/// Golden packets, seeded properties, rejections and hostile bytes.
@NullMarked
package crypho.rtc.rtp;

import org.jspecify.annotations.NullMarked;
