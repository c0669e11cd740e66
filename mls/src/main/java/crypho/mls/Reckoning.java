package crypho.mls;

import java.util.List;

/// The server's own idea of the tree after a commit, where the committer stands in it, and the key
/// packages that were added, by place.
record Reckoning(RatchetTree tree, int committer, List<Addition> additions) {
  record Addition(int leafIndex, KeyPackage keyPackage) {}
}
