/// Contacts and invitations; the list is private to its owner.
@NullMarked
package crypho.server.contact;

import org.jspecify.annotations.NullMarked;
