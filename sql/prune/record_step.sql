-- Records in the attached archive which rows are copied to it, in the transaction that copies them.
-- If the prune is interrupted before it has deleted the originals, the next prune finds this record and deletes the
-- copies.
--
-- :history        name of the history table
-- :from, :until   unix seconds; half-open interval within one month
-- :last_id        highest id that is copied
INSERT OR REPLACE INTO archive.archive_step (only_row, history, from_moment, until_moment, last_id)
VALUES (1, :history, :from, :until, :last_id)
