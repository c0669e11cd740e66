package crypho.server.rpc;

/// Identifies a session in the database and in live connections. Not the token: knowing it gives no
/// access.
public record SessionId(long value) {}
