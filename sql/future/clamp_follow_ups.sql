-- Dates now the questions about wars that were last asked in the future.
--
-- :now     unix seconds
-- :limit   unix seconds; what is later lies in the future
UPDATE war_follow_ups SET last_asked_at = max(first_asked_at, :now) WHERE last_asked_at > :limit AND first_asked_at <= :limit
