-- Deletes the rejected answers that were first seen after :limit.
--
-- :limit   unix seconds; later records were made while the clock was ahead
DELETE FROM rejected_payloads WHERE recorded_at > :limit
