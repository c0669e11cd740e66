/// RTP (RFC 3550): header validation and accessors, header extensions (RFC 8285), the header that
/// one subscriber gets, retransmission (RFC 4588), the ring in which a stream's packets wait to be
/// forwarded or sent again, and what asks for lost packets and key frames. Nothing here allocates
/// per packet.
@NullMarked
package crypho.rtc.rtp;

import org.jspecify.annotations.NullMarked;
