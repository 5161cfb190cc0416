-- Returns 1 if this archive lacks rows that were moved to it, else 0. Then it is an older copy of the archive.
--
-- :receipts   the receipts that its database has (see list_receipts.sql)
SELECT EXISTS (
    SELECT 1
    FROM json_each(:receipts) AS moved
    WHERE moved.value > coalesce((SELECT rows FROM archive_receipts WHERE receipt = moved.key), 0)
) AS lacks_rows
