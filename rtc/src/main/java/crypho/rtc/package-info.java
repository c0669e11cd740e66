/// Real-time media as engines without sockets, threads or clocks: packets and time go in, packets,
/// events and deadlines come out. One package a protocol: `stun`, `ice`, `dtls`, `srtp`, `rtp`,
/// `rtcp`, `codec`, `bwe`, `turn`. Packets are `byte[]` with an offset and a length; malformed ones
/// are answered with a verdict, never with an exception that costs more than the packet.
@NullMarked
package crypho.rtc;

import org.jspecify.annotations.NullMarked;
