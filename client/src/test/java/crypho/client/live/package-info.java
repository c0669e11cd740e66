/// The client library against a running server.
@NullMarked
package crypho.client.live;

import org.jspecify.annotations.NullMarked;
