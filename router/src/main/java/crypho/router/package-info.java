/// The router of meetings in mediasoup's vocabulary: a [crypho.router.Router] is a room on one
/// event loop; transports, producers and consumers live in it.
@NullMarked
package crypho.router;

import org.jspecify.annotations.NullMarked;
