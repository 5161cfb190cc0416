-- The newest state of each faction. If several databases have one, the row counts that Torn told last.
SELECT faction_id, name, tag, respect, member_count, best_chain, is_active, last_updated, database_id
FROM (
    SELECT *, row_number() OVER (PARTITION BY faction_id ORDER BY last_updated DESC, database_id) AS place
    FROM factions
) AS f
WHERE place = 1
