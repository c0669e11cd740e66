/// Accounts, sessions, devices, profile, vault: everything under one account key.
@NullMarked
package crypho.server.account;

import org.jspecify.annotations.NullMarked;
