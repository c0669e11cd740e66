/// Golden packets, seeded properties, rejections and hostile bytes.
@NullMarked
package crypho.rtc.codec;

import org.jspecify.annotations.NullMarked;
