package crypho.mls;

import crypho.base.Bytes;
import org.jspecify.annotations.Nullable;

/// A handshake message that the delivery service can read (RFC 9420 §6.2). The confirmation tag is
/// there for commits, the membership tag for messages from members.
public record PublicMessage(
    FramedContent content,
    Bytes signature,
    @Nullable Bytes confirmationTag,
    @Nullable Bytes membershipTag)
    implements MlsMessage {}
