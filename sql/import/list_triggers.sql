-- Lists our triggers on the tables that an import writes, with the statements that create them.
SELECT name, sql
FROM main.sqlite_schema
WHERE type = 'trigger' AND name IN ('players_faction_first_seen', 'players_faction_changed')
ORDER BY rowid
