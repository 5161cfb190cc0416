-- Returns the newest prune that no other record confirms, or no row: none shows that the month of its clock had begun by Torn's time.
-- That clock may have been ahead.
-- The newest row of a fetch counts only if each fetch that saved any has got Torn's time: the others may have had a wrong clock.
--
-- :torn_at      unix seconds; Torn's time at the newest fetch that has got it; NULL: none has
-- :newest_row   unix seconds; newest timestamp of a history row or observation; NULL: there is none
WITH reached (at) AS (
    SELECT max(
        coalesce(:torn_at, 0),
        iif(EXISTS (SELECT 1 FROM fetch_runs WHERE torn_at IS NULL AND entities > 0), 0, coalesce(:newest_row, 0)))
)
SELECT id, started_at
FROM prune_runs
WHERE deleted > 0
  AND unixepoch(started_at, 'unixepoch', 'start of month') > (SELECT at FROM reached)
ORDER BY id DESC
LIMIT 1
