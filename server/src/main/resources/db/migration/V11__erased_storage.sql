-- SPDX-License-Identifier: AGPL-3.0-or-later
-- What was erased or replaced stays in its page until a vacuum. The usual thresholds (a fifth of the
-- table) would keep it for as long as the table grows; these let autovacuum come by within about
-- a minute. It reads only pages that changed, so a large table costs no more than a small one.
ALTER TABLE conversation_entry SET (
  autovacuum_vacuum_threshold = 0,
  autovacuum_vacuum_scale_factor = 0,
  toast.autovacuum_vacuum_threshold = 0,
  toast.autovacuum_vacuum_scale_factor = 0);
