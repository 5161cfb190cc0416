-- This data was read.
INSERT INTO refreshes (name, refreshed_at)
VALUES (:name, :at)
ON CONFLICT (name) DO UPDATE SET refreshed_at = excluded.refreshed_at
