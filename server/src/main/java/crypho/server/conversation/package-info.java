/// Conversations and the delivery service: membership, commits, messages, deposits, logs.
@NullMarked
package crypho.server.conversation;

import org.jspecify.annotations.NullMarked;
