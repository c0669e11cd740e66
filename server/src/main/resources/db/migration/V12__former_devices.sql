-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What checks the messages of a device after it was unlinked: without it, somebody whose own devices
-- were all off while it came and went could never read what it sent.
create table former_device (
  device_id text primary key,
  account_id uuid not null references account on delete cascade,
  mls_signature_key bytea not null unique,
  signing_key bytea not null unique,
  unlock_key bytea not null unique,
  certificate bytea not null,
  unlinked_at timestamptz not null
);
create index former_device_of_account on former_device (account_id, unlinked_at);
