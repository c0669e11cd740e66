/// The register of processing in code (GDPR article 30): each feature declares its stored personal
/// data here. A leaf: depends on nothing of the server.
@NullMarked
package crypho.server.privacy.api;

import org.jspecify.annotations.NullMarked;
