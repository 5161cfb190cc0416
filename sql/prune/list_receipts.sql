-- Returns the receipts of an archive as a JSON object: for each receipt, the number of rows that were moved.
--
-- :archive_id   database_id of the archive
SELECT json_group_object(receipt, rows) AS receipts
FROM archive_receipts
WHERE archive_id = :archive_id
