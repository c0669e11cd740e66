/// MLS (RFC 9420) through BouncyCastle's bcmls: a device's key packages and its groups. The rest of
/// the client sees bytes, members and exporter secrets only.
@NullMarked
package crypho.client.mls;

import org.jspecify.annotations.NullMarked;
