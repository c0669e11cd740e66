-- Accounts, their keys, ways in, devices, sessions, vault; sign-ups and changes that wait for a link.
-- Personal fields are sealed ("_sealed"); looked up by keyed hash ("_hash"). Keys named sealed_* are
-- encrypted by clients. Each column is declared in AccountPrivacy.

create table account (
  account_id uuid primary key,
  -- Wrapped by the master key. Without it the sealed fields are gone.
  data_key bytea not null,
  email_hash bytea not null unique check (length(email_hash) = 32),
  email_sealed bytea not null,
  display_name_sealed bytea not null,
  language smallint not null check (language in (1, 2)),
  kdf_salt bytea not null check (length(kdf_salt) = 16),
  kdf_memory_kib integer not null,
  kdf_iterations integer not null,
  kdf_parallelism integer not null,
  auth_salt bytea not null,
  auth_hash bytea not null,
  totp_secret_sealed bytea not null,
  -- The step of the last code used: that one and earlier ones work no more.
  totp_step bigint not null,
  key_generation integer not null check (key_generation >= 1),
  identity_public_key bytea not null unique check (length(identity_public_key) = 32),
  sealed_identity_key bytea not null,
  deposit_public_key bytea not null check (length(deposit_public_key) = 32),
  deposit_signature bytea not null check (length(deposit_signature) = 64),
  created_at timestamptz not null,
  -- From the second device on, a mail tells of each new one.
  first_device_at timestamptz
);

-- Account keys before the present one, each sealed under the next.
create table account_previous_key (
  account_id uuid not null references account on delete cascade,
  key_generation integer not null check (key_generation >= 1),
  sealed_key bytea not null,
  primary key (account_id, key_generation)
);

-- Ways in: public keys to which the account key is sealed.
create table account_unlock (
  account_id uuid not null references account on delete cascade,
  kind smallint not null check (kind between 1 and 4),
  unlock_id text not null,
  public_key bytea not null check (length(public_key) = 32),
  signature bytea not null check (length(signature) = 64),
  sealed_account_key bytea not null,
  key_generation integer not null,
  primary key (account_id, kind, unlock_id)
);

create table device (
  device_id text primary key check (device_id ~ '^[0-9a-f]{16}$'),
  account_id uuid not null references account on delete cascade,
  mls_signature_key bytea not null unique check (length(mls_signature_key) = 32),
  signing_key bytea not null unique check (length(signing_key) = 32),
  unlock_key bytea not null unique check (length(unlock_key) = 32),
  certificate bytea not null check (length(certificate) = 64),
  sealed_name bytea not null,
  is_shared_computer boolean not null,
  linked_at timestamptz not null,
  last_seen_at timestamptz not null
);
create index device_of_account on device (account_id);

create table session (
  session_id bigint generated always as identity primary key,
  token_hash bytea not null unique check (length(token_hash) = 32),
  account_id uuid not null references account on delete cascade,
  device_id text unique references device on delete cascade,
  is_shared_computer boolean not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null
);
create index session_of_account on session (account_id);
create index session_by_expiry on session (expires_at);

-- The first factor was right; the second is awaited.
create table log_in_ticket (
  ticket_hash bytea primary key check (length(ticket_hash) = 32),
  account_id uuid not null references account on delete cascade,
  codes_left smallint not null,
  expires_at timestamptz not null
);
create index log_in_ticket_of_account on log_in_ticket (account_id);
create index log_in_ticket_by_expiry on log_in_ticket (expires_at);

-- Asked for, not completed. Sealed under the server's own key, as there is no account yet.
create table sign_up (
  token_hash bytea primary key check (length(token_hash) = 32),
  account_id uuid not null,
  email_hash bytea not null check (length(email_hash) = 32),
  email_sealed bytea not null,
  totp_secret_sealed bytea not null,
  language smallint not null check (language in (1, 2)),
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index sign_up_by_address on sign_up (email_hash, created_at);
create index sign_up_by_expiry on sign_up (expires_at);

-- A new address that waits for its link to be opened.
create table email_change (
  account_id uuid primary key references account on delete cascade,
  token_hash bytea not null unique check (length(token_hash) = 32),
  email_hash bytea not null check (length(email_hash) = 32),
  email_sealed bytea not null,
  expires_at timestamptz not null
);
create index email_change_by_expiry on email_change (expires_at);

create table vault (
  account_id uuid primary key references account on delete cascade,
  -- Of the last write.
  revision bigint not null,
  entries integer not null,
  value_bytes bigint not null
);

create table vault_entry (
  account_id uuid not null references vault on delete cascade,
  entry_key bytea not null check (length(entry_key) = 32),
  -- Empty: deleted. The entry stays, so that other devices learn of it.
  value bytea not null,
  revision bigint not null,
  primary key (account_id, entry_key)
);
create unique index vault_entry_by_revision on vault_entry (account_id, revision);
