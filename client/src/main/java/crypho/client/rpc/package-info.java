/// Calls over HTTP and frames over the WebSocket, as docs/protocol/rpc.md says they travel.
@NullMarked
package crypho.client.rpc;

import org.jspecify.annotations.NullMarked;
