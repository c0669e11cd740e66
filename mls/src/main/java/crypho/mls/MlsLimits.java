package crypho.mls;

/// What the parser and the rules accept at most. Measured at 1,000 leaves: an update commit is 83
/// kB, a Welcome 343 kB, a GroupInfo 225 kB; a commit that adds everyone at once is some 450 kB.
public final class MlsLimits {
  /// Devices in one group. Larger ones are refused with a clear text.
  public static final int LEAVES_MAX = 1_000;

  /// The smallest full tree that holds [#LEAVES_MAX] leaves: 1,024 leaves and 1,023 parents.
  public static final int NODES_MAX = 2_047;

  public static final int COMMIT_BYTES_MAX = 1 << 20;
  public static final int WELCOME_BYTES_MAX = 768 << 10;
  public static final int GROUP_INFO_BYTES_MAX = 512 << 10;
  public static final int KEY_PACKAGE_BYTES_MAX = 8 << 10;

  /// Any message whose kind is not known before it is read.
  public static final int MESSAGE_BYTES_MAX = 1 << 20;

  /// A stored [DeliveryState].
  public static final int STATE_BYTES_MAX = 1 << 20;

  /// Proposals in one commit: everyone out, everyone in.
  public static final int PROPOSALS_MAX = 2 * LEAVES_MAX;

  public static final int GROUP_ID_BYTES_MAX = 255;

  /// Hashes, tags, nonces, references.
  public static final int DIGEST_BYTES_MAX = 255;

  /// A public key or KEM output; the largest of RFC 9420's suites has 133 bytes.
  public static final int KEY_BYTES_MAX = 512;

  public static final int SIGNATURE_BYTES_MAX = 512;
  public static final int IDENTITY_BYTES_MAX = 512;
  public static final int CERTIFICATES_MAX = 8;
  public static final int CERTIFICATE_BYTES_MAX = 4_096;

  /// One list of a leaf's capabilities, at two bytes an entry.
  public static final int CAPABILITY_BYTES_MAX = 512;

  public static final int EXTENSIONS_MAX = 32;

  /// An extension other than the ratchet tree.
  public static final int EXTENSION_BYTES_MAX = 4_096;

  /// Nodes on a path from a leaf to the root, with room for the depth of 1,024 leaves.
  public static final int PATH_NODES_MAX = 16;

  /// A sealed path secret or sealed group secrets.
  public static final int HPKE_CIPHERTEXT_BYTES_MAX = 1_024;

  public static final int AUTHENTICATED_DATA_BYTES_MAX = 4_096;
  public static final int APPLICATION_BYTES_MAX = 256 << 10;

  private MlsLimits() {}
}
