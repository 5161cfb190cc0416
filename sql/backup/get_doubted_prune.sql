-- Returns the newest prune whose clock may have been ahead, or no row. A prune is confirmed if a time of Torn's, or the newest row,
-- shows that the month in which it ran has begun.
-- The newest row counts only if each fetch that saved anything got Torn's time: the others may have had a wrong clock.
--
-- :torn_at      unix seconds; Torn's time at the newest fetch that has got it; NULL: none has
-- :newest_row   unix seconds; newest timestamp of a history row or observation; NULL: there is none
SELECT id, started_at
FROM prune_runs
WHERE deleted > 0
  AND unixepoch(started_at, 'unixepoch', 'start of month') > max(
      coalesce(:torn_at, 0),
      iif(EXISTS (SELECT 1 FROM fetch_runs WHERE torn_at IS NULL AND entities > 0), 0, coalesce(:newest_row, 0)))
ORDER BY id DESC
LIMIT 1
