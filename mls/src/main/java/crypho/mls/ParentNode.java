package crypho.mls;

import crypho.base.Bytes;
import java.util.List;

/// An inner node of a group's tree (RFC 9420 §7.1). The leaf indices are strictly increasing.
public record ParentNode(Bytes encryptionKey, Bytes parentHash, List<Integer> unmergedLeaves)
    implements TreeNode {}
