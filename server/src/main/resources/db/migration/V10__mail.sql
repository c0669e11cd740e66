-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Mails that wait to be sent. Address, language and text are sealed under the server's key; the row
-- is deleted once the mail server has taken the mail, or after a day.
CREATE TABLE mail (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sealed bytea NOT NULL,
  queued_at timestamptz NOT NULL,
  tries integer NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL
);

CREATE INDEX mail_next_try_at ON mail (next_try_at);
