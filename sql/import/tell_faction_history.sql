-- Collects the newest values in the histories of the imported factions, and when they were last told.
-- The histories are merged. Imported rows that repeat known values are not in them, but have told these values, too.
INSERT INTO temp.told_factions (
    faction_id,
    respect_at, member_count_at, best_chain_at, respect, member_count, best_chain
)
SELECT
    told.faction_id,
    nullif(max(coalesce(told.respect_at, 0), coalesce(respect_row.timestamp, 0)), 0),
    nullif(max(coalesce(told.member_count_at, 0), coalesce(member_count_row.timestamp, 0)), 0),
    nullif(max(coalesce(told.best_chain_at, 0), coalesce(best_chain_row.timestamp, 0)), 0),
    respect_row.respect,
    member_count_row.member_count,
    best_chain_row.best_chain
FROM (
    SELECT
        faction_id,
        max(iif(respect IS NOT NULL, timestamp, NULL)) AS respect_at,
        max(iif(member_count IS NOT NULL, timestamp, NULL)) AS member_count_at,
        max(iif(best_chain IS NOT NULL, timestamp, NULL)) AS best_chain_at
    FROM temp.imported_faction_history
    GROUP BY faction_id
) AS told
LEFT JOIN main.faction_history AS respect_row ON respect_row.id = (
    SELECT id FROM main.faction_history WHERE faction_id = told.faction_id AND respect IS NOT NULL
    ORDER BY timestamp DESC, id DESC LIMIT 1)
LEFT JOIN main.faction_history AS member_count_row ON member_count_row.id = (
    SELECT id FROM main.faction_history WHERE faction_id = told.faction_id AND member_count IS NOT NULL
    ORDER BY timestamp DESC, id DESC LIMIT 1)
LEFT JOIN main.faction_history AS best_chain_row ON best_chain_row.id = (
    SELECT id FROM main.faction_history WHERE faction_id = told.faction_id AND best_chain IS NOT NULL
    ORDER BY timestamp DESC, id DESC LIMIT 1)
