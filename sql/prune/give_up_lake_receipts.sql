-- Gives up the rows that were moved to a lake and are not in it, because it is an older copy.
--
-- :archive_id   id of the lake as an archive
-- :receipts     a JSON object: for each receipt, the number of rows that the lake has
DELETE FROM archive_receipts AS moved
WHERE archive_id = :archive_id
  AND rows > coalesce((SELECT there.value FROM json_each(:receipts) AS there WHERE there.key = moved.receipt), 0)
