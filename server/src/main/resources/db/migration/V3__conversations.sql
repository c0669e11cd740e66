-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Conversations and the delivery service. What each column holds and why: ConversationPrivacy.
-- Devices are their 64 bits; accounts are UUIDs without a foreign key, because a message keeps its
-- sender's name after the device, and its number after the account, has gone.

-- The row that every append to the log locks; kept narrow, and none of its changing columns is
-- indexed, so that an update stays within its page.
CREATE TABLE conversation (
  row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id uuid NOT NULL UNIQUE,
  kind smallint NOT NULL,
  creator uuid NOT NULL,
  -- The two accounts of a direct conversation, the smaller first; null for groups.
  direct_low uuid,
  direct_high uuid,
  generation integer NOT NULL,
  epoch bigint NOT NULL,
  last_seq bigint NOT NULL,
  last_time_ms bigint NOT NULL,
  is_deposited boolean NOT NULL,
  pending_count integer NOT NULL,
  UNIQUE (direct_low, direct_high)
) WITH (fillfactor = 50);

-- What only commits and joins touch.
CREATE TABLE conversation_group (
  conversation bigint PRIMARY KEY REFERENCES conversation ON DELETE CASCADE,
  delivery_state bytea NOT NULL,
  group_info bytea NOT NULL,
  commit_seq bigint NOT NULL
);
ALTER TABLE conversation_group ALTER delivery_state SET STORAGE EXTERNAL;
ALTER TABLE conversation_group ALTER group_info SET STORAGE EXTERNAL;

CREATE TABLE conversation_member (
  conversation bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
  account uuid NOT NULL,
  role smallint NOT NULL,
  since_ms bigint NOT NULL,
  -- The first entry that this account may read.
  first_seq bigint NOT NULL,
  -- The last one, and when, for one who has left or was removed; null for a current member.
  until_seq bigint,
  until_ms bigint,
  PRIMARY KEY (conversation, account)
);
CREATE INDEX conversation_member_account ON conversation_member (account);

-- The devices in the current epoch's tree.
CREATE TABLE conversation_leaf (
  conversation bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
  device bigint NOT NULL,
  account uuid NOT NULL,
  PRIMARY KEY (conversation, device)
);
CREATE INDEX conversation_leaf_device ON conversation_leaf (device);

-- Messages wait until a commit has settled these. A device with a leaf must be removed; a row with
-- device 0 is an account that left without one, and asks only for the epoch to turn.
CREATE TABLE conversation_pending (
  conversation bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
  account uuid NOT NULL,
  device bigint NOT NULL,
  has_leaf boolean NOT NULL,
  PRIMARY KEY (conversation, account, device)
);

-- The log. No foreign key: the check would cost every message, and whoever deletes a conversation
-- holds the lock that an append needs.
CREATE TABLE conversation_entry (
  conversation bigint NOT NULL,
  seq bigint NOT NULL,
  time_ms bigint NOT NULL,
  epoch bigint NOT NULL,
  account uuid NOT NULL,
  device bigint NOT NULL,
  client_id uuid,
  generation integer NOT NULL,
  kind smallint NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (conversation, seq)
);
ALTER TABLE conversation_entry ALTER body SET STORAGE EXTERNAL;
-- The same message sent again is found here.
CREATE UNIQUE INDEX conversation_entry_client
  ON conversation_entry (conversation, device, client_id);
-- One commit an epoch, also where the program is wrong.
CREATE UNIQUE INDEX conversation_entry_epoch
  ON conversation_entry (conversation, generation, epoch) WHERE kind = 2;
CREATE INDEX conversation_entry_commit ON conversation_entry (conversation, seq) WHERE kind = 2;

-- One Welcome serves all devices that a commit adds.
CREATE TABLE conversation_welcome (
  conversation bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
  commit_seq bigint NOT NULL,
  generation integer NOT NULL,
  epoch bigint NOT NULL,
  welcome bytea NOT NULL,
  PRIMARY KEY (conversation, commit_seq)
);
ALTER TABLE conversation_welcome ALTER welcome SET STORAGE EXTERNAL;

CREATE TABLE conversation_welcome_device (
  conversation bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
  device bigint NOT NULL,
  commit_seq bigint NOT NULL,
  PRIMARY KEY (conversation, device)
);
CREATE INDEX conversation_welcome_device_device ON conversation_welcome_device (device);

CREATE TABLE conversation_deposit (
  conversation bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
  account uuid NOT NULL,
  generation integer NOT NULL,
  epoch bigint NOT NULL,
  sealed_key bytea NOT NULL,
  key_generation integer NOT NULL,
  depositor_account uuid NOT NULL,
  depositor_device bigint NOT NULL,
  signature bytea NOT NULL,
  PRIMARY KEY (conversation, account, generation, epoch)
);

CREATE TABLE conversation_marker (
  conversation bigint NOT NULL REFERENCES conversation ON DELETE CASCADE,
  account uuid NOT NULL,
  generation integer NOT NULL,
  epoch bigint NOT NULL,
  message bytea NOT NULL,
  PRIMARY KEY (conversation, account)
);

CREATE TABLE key_package (
  row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account uuid NOT NULL,
  device bigint NOT NULL,
  ref bytea NOT NULL UNIQUE,
  not_after timestamptz NOT NULL,
  is_last_resort boolean NOT NULL,
  key_package bytea NOT NULL
);
CREATE INDEX key_package_device ON key_package (device, is_last_resort, row_id);
CREATE INDEX key_package_not_after ON key_package (not_after);
