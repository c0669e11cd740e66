/// STUN (RFC 8489): reading a message in place, writing one into a buffer, integrity and
/// fingerprint; telling apart what shares a port (RFC 7983); and cutting a byte stream into frames.
///
/// [StunReader] and [StunWriter] are reused from packet to packet by their one owner thread and
/// allocate nothing. Verdicts are ints: zero is good, negative says what is wrong.
@NullMarked
package crypho.rtc.stun;

import org.jspecify.annotations.NullMarked;
