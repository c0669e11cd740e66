/// The HTTP front: RPC calls in the Connect unary convention, the web client's files, health, the
/// upgrade to WebSocket; limits, origin checks and headers for all of them.
///
/// Event loops read and write; each call's method runs on a virtual thread of its own, and only so
/// many at once.
@NullMarked
package crypho.server.http;

import org.jspecify.annotations.NullMarked;
