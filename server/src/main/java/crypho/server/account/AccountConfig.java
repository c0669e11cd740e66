package crypho.server.account;

import crypho.base.Invariant;

/// What an operator decides about accounts.
///
/// @param publicUrl where people reach the web client, without a slash at the end; links in mails
///   begin with it
/// @param ownedGroupsMax how many groups an account may own
public record AccountConfig(String publicUrl, int ownedGroupsMax) {
  public AccountConfig {
    Invariant.check(!publicUrl.endsWith("/"), "the public URL has no slash at the end");
    Invariant.check(ownedGroupsMax >= 0, "a number of groups is not negative");
  }
}
