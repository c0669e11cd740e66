/// The sockets at /api/socket: fan-out to connected devices, frames from them.
///
/// State lives on the event loops. Each loop owns the sockets that were accepted on it
/// ([crypho.server.live.SocketLoop]) and the part of the subscriptions that concerns them; nothing
/// is locked. What others want of a loop (deliver, subscribe, end a session) goes through its
/// queue, in order. A frame is encoded once into one Netty buffer, header included; each channel
/// gets a duplicate of it, and each channel that got something is flushed once when the queue is
/// empty.
@NullMarked
package crypho.server.live;

import org.jspecify.annotations.NullMarked;
