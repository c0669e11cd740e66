/// The keys of docs/protocol/accounts-and-keys.md: what hangs under the passphrase, the account
/// key, the identity and a device, in the forms that go over the wire.
@NullMarked
package crypho.client.keys;

import org.jspecify.annotations.NullMarked;
