-- Returns a table that an archive of this schema needs and that this database lacks; no row if it has all of them.
WITH needed (name) AS (
    VALUES ('archive_receipts'), ('archive_step'), ('database_identity'), ('faction_history'), ('faction_membership'),
           ('factions'), ('player_stats_history'), ('players'), ('territories'), ('territory_ownership_history'),
           ('war_status_history')
)
SELECT name
FROM needed
WHERE name NOT IN (SELECT name FROM sqlite_schema WHERE type = 'table')
ORDER BY name
LIMIT 1
