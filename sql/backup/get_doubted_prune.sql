-- Returns when the newest prune ran that no other record confirms: none shows that the month of its clock had begun by Torn's
-- time. That clock may have been ahead. NULL if there is no such prune.
-- A month that `prune --future` has opened again does not count: its rows are searched.
--
-- :reached   unix seconds; a time that Torn's time has reached. NULL: none is known, so every prune is doubted
SELECT max(pruned_at) AS pruned_at
FROM month_states
WHERE purged_at IS NULL
  AND unixepoch(pruned_at, 'unixepoch', 'start of month') > coalesce(:reached, 0)
