-- The newest state of each player. If several databases have one, the row counts that Torn told last.
SELECT player_id, name, level, faction_id, is_active, last_updated, database_id
FROM (
    SELECT *, row_number() OVER (PARTITION BY player_id ORDER BY last_updated DESC, database_id) AS place
    FROM players
) AS p
WHERE place = 1
