/// Golden packets, seeded properties, rejections and hostile bytes.
@NullMarked
package crypho.rtc.rtcp;

import org.jspecify.annotations.NullMarked;
