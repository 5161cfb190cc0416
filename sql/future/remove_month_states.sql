-- Removes the states of months that are not over.
--
-- :month   first second of the running month
DELETE FROM month_states WHERE period_start >= :month
