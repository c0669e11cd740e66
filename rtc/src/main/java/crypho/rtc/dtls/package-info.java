/// DTLS 1.2 with `use_srtp` (RFC 6347, RFC 5764): keys for media from a handshake in the packets of
/// the media path. [DtlsHandshakes] owns the threads and the certificate of a server, a
/// [DtlsEndpoint] is one transport's.
@NullMarked
package crypho.rtc.dtls;

import org.jspecify.annotations.NullMarked;
