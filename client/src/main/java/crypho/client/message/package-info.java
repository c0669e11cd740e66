/// Messages as docs/protocol/messages.md defines them: conversation keys, envelopes, deposits.
@NullMarked
package crypho.client.message;

import org.jspecify.annotations.NullMarked;
