package crypho.mls;

import crypho.base.Bytes;

/// Who stands at a leaf.
public record RosterLeaf(int leafIndex, MemberId member, Bytes signatureKey) {}
