-- Lists the receipts of each archive as a JSON object: for each receipt, the number of rows that were moved.
SELECT archive_id, json_group_object(receipt, rows) AS receipts
FROM archive_receipts
GROUP BY archive_id
