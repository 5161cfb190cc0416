-- Deletes the records of months that are not over yet. That of the running month stays if reopen_month.sql has opened it again,
-- because its rows may be imported.
--
-- :month   unix seconds; start of the current month
DELETE FROM month_states WHERE period_start > :month OR (period_start = :month AND reopened_at IS NULL)
