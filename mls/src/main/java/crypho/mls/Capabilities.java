package crypho.mls;

/// What a member's client supports (RFC 9420 §7.2).
public record Capabilities(
    CodeList versions,
    CodeList cipherSuites,
    CodeList extensions,
    CodeList proposals,
    CodeList credentials) {}
