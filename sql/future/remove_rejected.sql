-- Removes the rejected answers that were first seen in the future.
--
-- :limit   unix seconds; what is later lies in the future
DELETE FROM rejected_payloads WHERE recorded_at > :limit
