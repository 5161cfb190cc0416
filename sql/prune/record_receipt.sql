-- Adds the rows of a step to the receipt of this prune in the attached archive, in the transaction that copies them.
--
-- :receipt   see make_receipt.sql
-- :rows      rows that were copied
INSERT INTO archive.archive_receipts (receipt, archive_id, rows)
SELECT :receipt, database_id, :rows FROM archive.database_identity
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ON CONFLICT (receipt) DO UPDATE SET rows = rows + excluded.rows
