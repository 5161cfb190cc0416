-- Merges the imported players with the stored ones. The newer state counts; an unknown value keeps the other one.
-- take_told_players.sql merges the values that the history has, too.
--
-- An unknown is_active keeps the stored one. Of a new row it becomes 1, as fetch sets it.
-- created_at and last_updated of an imported player are 0 if they are not known.
--
-- :faction_known   1: the source says in which faction each player is
-- :now             unix seconds
INSERT INTO main.players (
    player_id, name, level, rank, faction_id, status_state, status_description, life_current, life_maximum, is_active,
    created_at, last_updated
)
SELECT
    player_id, name, level, rank, faction_id, status_state, status_description, life_current, life_maximum,
    coalesce(is_active, (SELECT is_active FROM main.players AS stored WHERE stored.player_id = imported.player_id), 1),
    coalesce(nullif(created_at, 0), nullif(last_updated, 0), :now), last_updated
FROM temp.imported_players AS imported
WHERE true                                        -- without WHERE, SQLite would read ON CONFLICT as a join condition
ORDER BY last_updated
ON CONFLICT (player_id) DO UPDATE SET
    name = CASE
        WHEN excluded.name = 'Player ' || player_id THEN name
        WHEN name = 'Player ' || player_id OR excluded.last_updated > last_updated THEN excluded.name
        ELSE name END,
    rank = iif(excluded.last_updated > last_updated, coalesce(excluded.rank, rank), coalesce(rank, excluded.rank)),
    faction_id = iif(:faction_known AND excluded.last_updated > last_updated, excluded.faction_id, faction_id),
    status_state = iif(excluded.last_updated > last_updated,
                       coalesce(excluded.status_state, status_state),
                       coalesce(status_state, excluded.status_state)),
    status_description = iif(excluded.last_updated > last_updated,
                             coalesce(excluded.status_description, status_description),
                             coalesce(status_description, excluded.status_description)),
    life_current = iif(excluded.last_updated > last_updated,
                       coalesce(excluded.life_current, life_current),
                       coalesce(life_current, excluded.life_current)),
    is_active = iif(excluded.last_updated > last_updated, excluded.is_active, is_active),
    created_at = min(created_at, excluded.created_at),
    last_updated = max(last_updated, excluded.last_updated)
