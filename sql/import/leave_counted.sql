-- Leaves out the imported summaries of a month that is closed here. They replace none.
--
-- :period_start   unix seconds; start of the month
DELETE FROM temp.counted WHERE period_start = :period_start
