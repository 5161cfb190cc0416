-- Notes in the attached archive which rows are copied to it, in the transaction that copies them.
--
-- :history                  name of the history table
-- :from, :until, :last_id   the step
INSERT OR REPLACE INTO archive.archive_step (only_row, history, from_moment, until_moment, last_id)
VALUES (1, :history, :from, :until, :last_id)
