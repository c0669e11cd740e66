/// The TURN relay on the router's event loops: UDP, TCP and TLS from clients, UDP to peers.
///
/// [TurnService] opens it and holds what the loops share; a [TurnLoop] drives one engine
/// ([crypho.rtc.turn.TurnServer]) with its sockets. A client stays on the loop to which the kernel
/// gave it (SO_REUSEPORT), and so does its relay: nothing passes between threads.
///
/// TURN has ports of its own beside those of media. Its clients know one address for all loops,
/// where media has a port a loop; networks that let TURN through know its usual ports; and an
/// operator can open, watch and close it by itself.
@NullMarked
package crypho.router.turn;

import org.jspecify.annotations.NullMarked;
