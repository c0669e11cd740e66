package crypho.client.crypto;

import crypho.base.Bytes;
import crypho.base.Invariant;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/// From a passphrase to 32 bytes: normalisation and Argon2id (RFC 9106).
public final class Passphrases {
  /// Unicode white space, not only ASCII's.
  private static final Pattern WHITE_SPACE = Pattern.compile("[\\p{IsWhite_Space}\\uFEFF]+");

  private static final int ROOT_BYTES = 32;

  /// Cost of one derivation. What the server names is checked against these bounds, since a server
  /// that asks for little would get a key that is cheap to guess.
  public record Cost(int memoryKib, int iterations, int parallelism) {
    public static final Cost STANDARD = new Cost(64 * 1024, 3, 1);
    private static final int MEMORY_KIB_MAX = 1024 * 1024;
    private static final int ITERATIONS_MAX = 16;

    /// True where a client may run it for a passphrase of its own.
    public boolean isSound() {
      return memoryKib >= STANDARD.memoryKib
          && memoryKib <= MEMORY_KIB_MAX
          && iterations >= STANDARD.iterations
          && iterations <= ITERATIONS_MAX
          && parallelism == STANDARD.parallelism;
    }
  }

  private Passphrases() {}

  /// NFKC, ends cut, inner runs of white space to one space.
  public static String normalise(String passphrase) {
    var compatible = Normalizer.normalize(passphrase, Normalizer.Form.NFKC);
    return WHITE_SPACE.matcher(compatible).replaceAll(" ").strip();
  }

  /// The root that everything of the passphrase is derived from.
  public static byte[] root(String passphrase, Bytes salt, Cost cost) {
    Invariant.check(salt.size() == 16, "the salt has 16 bytes");
    var generator = new Argon2BytesGenerator();
    generator.init(
        new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
            .withVersion(Argon2Parameters.ARGON2_VERSION_13)
            .withMemoryAsKB(cost.memoryKib())
            .withIterations(cost.iterations())
            .withParallelism(cost.parallelism())
            .withSalt(salt.toArray())
            .build());
    var input = normalise(passphrase).getBytes(StandardCharsets.UTF_8);
    var root = new byte[ROOT_BYTES];
    generator.generateBytes(input, root);
    Arrays.fill(input, (byte) 0);
    return root;
  }
}
