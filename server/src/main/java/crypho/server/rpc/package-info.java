/// The seam between features and HTTP: a feature adds its methods to an
/// [crypho.server.rpc.RpcRegistry]; the platform speaks the Connect unary convention, enforces
/// access, limits and typed errors.
@NullMarked
package crypho.server.rpc;

import org.jspecify.annotations.NullMarked;
