package crypho.server.contact;

import crypho.base.AccountId;
import crypho.server.account.AccountDirectory.Person;
import crypho.server.account.FieldSealer;
import java.util.List;
import java.util.Map;

/// What the owner of a list sees.
///
/// @param people contacts and inviters
/// @param sealers of the owner and of inviters: they open invitations
record ContactList(
    AccountId owner,
    List<ContactStore.Contact> contacts,
    List<Invitation> sent,
    List<Invitation> received,
    Map<AccountId, Person> people,
    Map<AccountId, FieldSealer> sealers) {
  ContactList {
    contacts = List.copyOf(contacts);
    sent = List.copyOf(sent);
    received = List.copyOf(received);
    people = Map.copyOf(people);
    sealers = Map.copyOf(sealers);
  }
}
