/// ICE for the router (RFC 8445 lite, RFC 7675, RFC 6544): which network path a client is at, and
/// whether it still wants to be sent to.
///
/// How a driver uses it: every datagram that [crypho.rtc.stun.Demux] calls STUN goes through one
/// [crypho.rtc.stun.StunReader] per loop, made with [IceLiteAgent#UNDERSTOOD]. [UfragTable#find]
/// gives the transport that the request names; none: drop and count. Its agent's
/// [IceLiteAgent#onMessage] answers and reports [IceEvent]s, from which the driver keeps its table
/// from [FiveTuple] to transport. A TCP connection is cut into frames by [FrameDecoder]; its
/// packets go the same way, and its end is told by [IceLiteAgent#onPathClosed].
@NullMarked
package crypho.rtc.ice;

import org.jspecify.annotations.NullMarked;
