-- Adds how many rows of a month another database of tornsnap has left out or removed. A damaged file may have two counts.
INSERT INTO temp.left_out_months (history, entity, period_start, rows)
VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET rows = max(rows, excluded.rows)
