-- Collects the values of the imported states of factions, and when they were last told.
-- A source that does not say when has told the known values of a state when it updated the state.
INSERT INTO temp.told_factions (
    faction_id,
    respect_at, member_count_at, best_chain_at, respect, member_count, best_chain
)
SELECT
    state.faction_id,
    max(coalesce(times.respect_at, iif(state.respect IS NOT NULL, nullif(state.last_updated, 0), NULL))),
    max(coalesce(times.member_count_at, iif(state.member_count IS NOT NULL, nullif(state.last_updated, 0), NULL))),
    max(coalesce(times.best_chain_at, iif(state.best_chain IS NOT NULL, nullif(state.last_updated, 0), NULL))),
    (SELECT respect FROM temp.imported_factions AS newest
        WHERE newest.faction_id = state.faction_id AND respect IS NOT NULL
        ORDER BY last_updated DESC, respect DESC LIMIT 1),
    (SELECT member_count FROM temp.imported_factions AS newest
        WHERE newest.faction_id = state.faction_id AND member_count IS NOT NULL
        ORDER BY last_updated DESC, member_count DESC LIMIT 1),
    (SELECT best_chain FROM temp.imported_factions AS newest
        WHERE newest.faction_id = state.faction_id AND best_chain IS NOT NULL
        ORDER BY last_updated DESC, best_chain DESC LIMIT 1)
FROM temp.imported_factions AS state
LEFT JOIN temp.imported_faction_times AS times ON times.faction_id = state.faction_id
GROUP BY state.faction_id
