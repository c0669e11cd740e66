/// The sockets of the router: batches of datagrams in, segmented batches out, on one event loop.
@NullMarked
package crypho.router.net;

import org.jspecify.annotations.NullMarked;
