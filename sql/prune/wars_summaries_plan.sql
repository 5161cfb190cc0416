-- How many rows of war_summary are of months before a moment.
--
-- :before   unix seconds, the first of a month
SELECT count(*) AS rows, min(period_start) AS oldest, max(period_start) AS newest
FROM war_summary
WHERE period_end <= :before
