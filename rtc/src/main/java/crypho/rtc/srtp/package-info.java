/// Protection of media packets: SRTP and SRTCP (RFC 3711) with AES-GCM (RFC 7714) and with AES-CM
/// and HMAC-SHA1. One [SrtpSender] and one [SrtpReceiver] a transport, both made from the
/// [SrtpKeys] that a DTLS handshake exported. Verdicts are the negative constants of [SrtpVerdict].
@NullMarked
package crypho.rtc.srtp;

import org.jspecify.annotations.NullMarked;
