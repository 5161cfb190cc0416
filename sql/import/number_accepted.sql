-- Numbers the accepted rows in the order of their times, if a stored row is one of them: it gets its new id by an UPDATE, and the
-- others have to fit. Otherwise the table assigns the ids.
-- Written for player_stats_history. src/store/history.rs replaces the names for the other history tables.
WITH used AS (
    SELECT max(
        coalesce((SELECT max(id) FROM main.player_stats_history), 0),
        coalesce((SELECT seq FROM main.sqlite_sequence WHERE name = 'player_stats_history'), 0)) AS id
),
numbered AS (
    SELECT rowid AS row, row_number() OVER (ORDER BY timestamp, rowid) AS place
    FROM temp.accepted
    WHERE id IS NULL AND EXISTS (SELECT 1 FROM temp.accepted WHERE moved_from IS NOT NULL)
)
UPDATE temp.accepted
SET id = used.id + numbered.place
FROM used, numbered
WHERE accepted.rowid = numbered.row
