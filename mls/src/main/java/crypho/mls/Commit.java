package crypho.mls;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Turns the epoch (RFC 9420 §12.4).
public record Commit(List<ProposalOrRef> proposals, @Nullable UpdatePath path)
    implements FramedContent.Content {}
