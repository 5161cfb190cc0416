-- Records a row that was found in a lake.
--
-- :hash   over all values of the row
INSERT OR REPLACE INTO temp.compared_rows (history, id, hash) VALUES (:history, :id, :hash)
