-- Deletes the rejected answers that were first seen under a clock that was ahead.
--
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
DELETE FROM rejected_payloads WHERE recorded_at > :limit
