-- Records that a summary was imported. It then stays until the history rows here say as much.
--
-- :history, :period_start, :entity   as in the table imported_summaries
INSERT INTO main.imported_summaries (history, period_start, entity)
VALUES (:history, :period_start, :entity)
ON CONFLICT DO NOTHING
