-- The newest state of each player. If several databases have one, the state counts that Torn told last, and the name that
-- is the newest one besides 'Player 123', which stands for a name that is not known.
SELECT
    player_id, best_name AS name, level, faction_id, is_active,
    CASE WHEN EXTRACT(YEAR FROM last_updated) > 1970 THEN last_updated END AS last_updated, -- NULL: never
    database_id                                   -- of the state
FROM (
    SELECT
        p.*,
        row_number() OVER (PARTITION BY player_id ORDER BY last_updated DESC, is_unnamed, database_id) AS place,
        first_value(name) OVER (PARTITION BY player_id ORDER BY is_unnamed, last_updated DESC, database_id) AS best_name
    FROM (
        SELECT *, CASE WHEN name = concat('Player ', CAST(player_id AS VARCHAR(20))) THEN 1 ELSE 0 END AS is_unnamed
        FROM players
    ) AS p
) AS p
WHERE place = 1
