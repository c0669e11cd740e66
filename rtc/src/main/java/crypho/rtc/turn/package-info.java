/// A TURN server (RFC 8656) as an engine: UDP relays for clients on UDP, TCP and TLS.
///
/// **How a driver uses it.** One [TurnServer] per event loop; the kernel keeps a client's packets
/// on one loop. The driver owns the sockets and keeps one context object per client path, with the
/// interned `FiveTuple` and, once there is one, the [Allocation].
///
/// - From a client: a datagram goes to [TurnServer#onPacket]. Bytes of a connection go through a
///   [TurnStreamDecoder] first. For ChannelData the driver may skip the map: with the allocation at
///   hand, [Allocation#channelPeer] gives the peer, and the payload lies four bytes into the
///   packet.
/// - [TurnServer.Sink#openRelay] asks for a UDP socket of the allocation's family, at an even port
///   where it wants one; the driver answers, at once or later, with [TurnServer#onRelayOpened] or
///   [TurnServer#onRelayFailed]. [TurnServer.Sink#closeRelay] ends it. [Allocation#attach] keeps
///   the driver's own object with the allocation.
/// - From a peer, on a relay socket: [Allocation#peerOf] looks the address up as numbers ([IpKey]),
///   and [Allocation#frame] writes ChannelData into the driver's batch for the client; nothing is
///   allocated. Without a channel, and where [Allocation#isPermitted], [TurnServer#toClient] writes
///   a Data indication.
/// - [TurnServer#onClientClosed] when a connection ends; [TurnServer#onTimeout] at its deadline;
///   [TurnServer#onWallClock] every minute or so, because credentials end by the calendar.
///
/// **What goes out before authentication.** RFC 8489 §9.2.4 requires a challenge to a request
/// without credentials: 401 with REALM and NONCE, which is longer than the 28 bytes that browsers
/// send. It and the answer to a Binding request are the only packets that may be longer than what
/// they answer; they are kept as short as can be and are bounded per source and second
/// ([ChallengeLimiter]). Anything else that is unauthenticated is answered with at most as many
/// bytes as came in, or not at all.
///
/// Out of scope: TCP relays (RFC 6062), mobility (RFC 8016), reservations, DONT-FRAGMENT (420, as
/// the RFC wants of a server without it), two families in one allocation, ICMP to clients, and the
/// SHA-256 password algorithm, which no browser offers.
@NullMarked
package crypho.rtc.turn;

import org.jspecify.annotations.NullMarked;
