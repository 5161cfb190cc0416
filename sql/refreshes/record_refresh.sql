-- Records that rarely changing data was read.
--
-- :name   name of the data, as in the table
-- :at     unix seconds; when Torn answered
INSERT INTO refreshes (name, refreshed_at)
VALUES (:name, :at)
ON CONFLICT (name) DO UPDATE SET refreshed_at = excluded.refreshed_at
