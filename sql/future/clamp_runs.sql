-- Ends now the fetches that began before now and ended in the future.
--
-- :now     unix seconds
-- :limit   unix seconds; what is later lies in the future
UPDATE fetch_runs SET finished_at = max(started_at, :now) WHERE finished_at > :limit AND started_at <= :limit
