-- Sets last_seen_at of rejected answers to now if it is after :limit and recorded_at is not.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE rejected_payloads
SET last_seen_at = max(recorded_at, :now)
WHERE last_seen_at > :limit AND recorded_at <= :limit
