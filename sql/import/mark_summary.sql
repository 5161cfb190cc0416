-- Records that a summary was imported. It is then replaced only by one that is computed from as many history rows.
--
-- :history, :period_start, :entity   as in the table imported_summaries
INSERT INTO main.imported_summaries (history, period_start, entity)
VALUES (:history, :period_start, CAST(:entity AS TEXT))
ON CONFLICT DO NOTHING
