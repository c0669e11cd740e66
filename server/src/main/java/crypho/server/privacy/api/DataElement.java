package crypho.server.privacy.api;

/// One stored field, as the register of processing knows it.
///
/// @param table table in the migrated schema
/// @param column column of it
/// @param category what kind of data it is
/// @param purpose why it is processed, in plain English, one sentence
/// @param ground legal ground
/// @param retention until when it is kept, in plain English
/// @param protection how it is kept from being read
public record DataElement(
    String table,
    String column,
    Category category,
    String purpose,
    LegalGround ground,
    String retention,
    Protection protection) {

  /// Categories of the policy that stored fields fall under so far.
  public enum Category {
    ACCOUNT,
    DEVICE,
    CONTACT,
    GROUP,
    CONTENT,
    SERVICE_NOTICE,
    /// Belongs to no person: counters, versions, the schema's own history.
    NONE
  }

  /// GDPR article 6(1), by letter.
  public enum LegalGround {
    /// Article 6(1)(a).
    CONSENT,
    /// Article 6(1)(b).
    CONTRACT,
    /// Article 6(1)(c).
    LEGAL_OBLIGATION,
    /// Article 6(1)(f).
    LEGITIMATE_INTEREST,
    /// No personal datum.
    NONE
  }

  /// How the field is kept from being read.
  public enum Protection {
    /// Encrypted by clients; the server holds no key.
    END_TO_END,
    /// Encrypted at rest by the server, under a key kept apart from the database.
    SEALED,
    /// A one-way hash, keyed or of a random token.
    HASHED,
    /// Random identifiers, public keys, times, sizes.
    PLAIN
  }
}
