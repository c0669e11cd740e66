/// RTCP (RFC 3550 §6, RFC 4585, RFC 5104, RFC 5506, REMB, transport-wide feedback): a reader that
/// calls a visitor, a writer of compound packets, what a receiver reports, and the clocks that
/// sender reports relate. Nothing here allocates per packet.
@NullMarked
package crypho.rtc.rtcp;

import org.jspecify.annotations.NullMarked;
