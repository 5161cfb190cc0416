-- Gives up the rows that were moved to the attached archive and are not in it, because it is an older copy.
DELETE FROM main.archive_receipts AS moved
WHERE archive_id = (SELECT database_id FROM archive.database_identity)
  AND rows > coalesce((SELECT rows FROM archive.archive_receipts WHERE receipt = moved.receipt), 0)
