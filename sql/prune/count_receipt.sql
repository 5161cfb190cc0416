-- Adds the rows of a step to the receipt of this prune, in the transaction that deletes them. They are in a lake already.
--
-- :receipt      see make_receipt.sql
-- :archive_id   id of the lake as an archive
-- :rows         rows that were deleted
INSERT INTO archive_receipts (receipt, archive_id, rows) VALUES (:receipt, :archive_id, :rows)
ON CONFLICT (receipt) DO UPDATE SET rows = rows + excluded.rows
