/// What features may say to connected clients. The platform owns the sockets.
@NullMarked
package crypho.server.live.api;

import org.jspecify.annotations.NullMarked;
