/// The Java client: accounts, contacts and conversations over a Crypho server, interoperating with
/// the browser client. [crypho.client.Client] is the entrance.
@NullMarked
package crypho.client;

import org.jspecify.annotations.NullMarked;
