/// Service mails that features may queue.
@NullMarked
package crypho.server.notify.api;

import org.jspecify.annotations.NullMarked;
