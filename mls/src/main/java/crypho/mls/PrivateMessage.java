package crypho.mls;

import crypho.base.Bytes;

/// An encrypted message, recognised at its outer level only (RFC 9420 §6.3).
public record PrivateMessage(
    Bytes groupId,
    long epoch,
    int contentType,
    Bytes authenticatedData,
    Bytes encryptedSenderData,
    Bytes ciphertext)
    implements MlsMessage {}
