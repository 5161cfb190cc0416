-- The newest state of each faction. If several databases have one, the state counts that Torn told last, and the name that
-- is the newest one besides 'Faction 123', which stands for a name that is not known.
SELECT
    faction_id, best_name AS name, tag, respect, member_count, best_chain, is_active,
    CASE WHEN EXTRACT(YEAR FROM last_updated) > 1970 THEN last_updated END AS last_updated, -- NULL: never
    database_id                                   -- of the state
FROM (
    SELECT
        f.*,
        row_number() OVER (PARTITION BY faction_id ORDER BY last_updated DESC, is_unnamed, database_id) AS place,
        first_value(name) OVER (PARTITION BY faction_id ORDER BY is_unnamed, last_updated DESC, database_id) AS best_name
    FROM (
        SELECT *, CASE WHEN name = concat('Faction ', CAST(faction_id AS VARCHAR(20))) THEN 1 ELSE 0 END AS is_unnamed
        FROM factions
    ) AS f
) AS f
WHERE place = 1
