-- Takes over the receipt of this prune from the attached archive, in the transaction that deletes the originals.
--
-- :receipt   see make_receipt.sql
INSERT OR REPLACE INTO main.archive_receipts (receipt, archive_id, rows)
SELECT receipt, archive_id, rows FROM archive.archive_receipts WHERE receipt = :receipt
