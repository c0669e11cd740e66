package crypho.mls;

import crypho.base.Bytes;
import java.util.List;

/// Whom a leaf claims to be (RFC 9420 §5.3). Our rules accept only [Basic].
public sealed interface Credential {
  int BASIC = 1;
  int X509 = 2;

  record Basic(Bytes identity) implements Credential {}

  /// Parsed so that it can be refused by name.
  record X509Chain(List<Bytes> certificates) implements Credential {}
}
