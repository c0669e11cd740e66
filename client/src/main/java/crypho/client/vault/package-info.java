/// The account's encrypted store, as docs/protocol/vault.md defines it.
@NullMarked
package crypho.client.vault;

import org.jspecify.annotations.NullMarked;
