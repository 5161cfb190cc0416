-- Dates now the rejected answers that were last seen in the future.
--
-- :now     unix seconds
-- :limit   unix seconds; what is later lies in the future
UPDATE rejected_payloads SET last_seen_at = max(recorded_at, :now) WHERE last_seen_at > :limit AND recorded_at <= :limit
