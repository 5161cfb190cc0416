-- How many rows of faction_summary are of months before a moment.
--
-- :before   unix seconds, the first of a month
SELECT count(*) AS rows, min(period_start) AS oldest, max(period_start) AS newest
FROM faction_summary
WHERE period_end <= :before
