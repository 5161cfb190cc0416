-- Records that a summary was imported. It then stays until the history rows here say as much.
--
-- :history, :period_start, :entity   as in the table imported_summaries
INSERT INTO main.imported_summaries (history, period_start, entity, own_rows, left_out)
VALUES (:history, :period_start, :entity, (
    SELECT rows FROM temp.own_rows WHERE own_rows.entity = :entity AND own_rows.period_start = :period_start
), coalesce((
    SELECT rows FROM temp.left_out_months AS there
    WHERE there.history = :history AND there.entity = :entity AND there.period_start = :period_start), 0))
ON CONFLICT DO UPDATE SET left_out = excluded.left_out
