package crypho.mls;

import crypho.base.Bytes;
import java.util.List;

/// Describes an epoch to those who join it (RFC 9420 §12.4.3). `signer` is a leaf index as claimed.
public record GroupInfo(
    GroupContext groupContext,
    List<Extension> extensions,
    Bytes confirmationTag,
    long signer,
    Bytes signature)
    implements MlsMessage {}
