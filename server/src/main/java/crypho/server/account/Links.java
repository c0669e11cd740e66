package crypho.server.account;

import crypho.base.Bytes;
import crypho.base.Rng;
import crypho.server.seal.Sealer;
import java.util.Base64;

/// Makes the links that mails carry. A token stands in the fragment, which browsers send to no
/// server: it is in no log and no referrer.
final class Links {
  static final int TOKEN_BYTES = 32;

  /// A new link, and the hash by which its token will be known.
  ///
  /// @param text secret: for the mail alone, and never printed
  record Link(Bytes tokenHash, String text) {
    @Override
    public String toString() {
      return "Link[" + tokenHash + "]";
    }
  }

  private final String publicUrl;
  private final Rng rng;

  Links(String publicUrl, Rng rng) {
    this.publicUrl = publicUrl;
    this.rng = rng;
  }

  Link newSignUp() {
    return newLink("/signup#");
  }

  Link newEmailConfirmation() {
    return newLink("/confirm-email#");
  }

  String logIn() {
    return publicUrl + "/login";
  }

  private Link newLink(String path) {
    var token = rng.bytes(TOKEN_BYTES);
    var text = Base64.getUrlEncoder().withoutPadding().encodeToString(token);
    return new Link(Bytes.wrap(Sealer.tokenHash(token)), publicUrl + path + text);
  }
}
