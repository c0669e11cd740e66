-- Contacts and invitations. Each column is declared in ContactPrivacy.

-- Both directions are kept: each row belongs to its owner's private list.
create table contact (
  owner_id uuid not null references account on delete cascade,
  other_id uuid not null references account on delete cascade,
  since timestamptz not null,
  primary key (owner_id, other_id),
  check (owner_id <> other_id)
);
create index contact_by_other on contact (other_id);

create table invitation (
  invitation_id uuid primary key,
  inviter_id uuid not null references account on delete cascade,
  -- Known once the address has an account.
  invitee_id uuid references account on delete cascade,
  email_hash bytea not null check (length(email_hash) = 32),
  -- Sealed under the inviter's data key.
  email_sealed bytea not null,
  note_sealed bytea not null,
  -- Rejected and withdrawn ones stay until they expire: neither side is told of either.
  is_rejected boolean not null,
  is_withdrawn boolean not null,
  sent_at timestamptz not null,
  expires_at timestamptz not null,
  unique (inviter_id, email_hash),
  check (inviter_id <> invitee_id)
);
create index invitation_of_invitee on invitation (invitee_id);
create index invitation_by_address on invitation (email_hash);
create index invitation_by_expiry on invitation (expires_at);
