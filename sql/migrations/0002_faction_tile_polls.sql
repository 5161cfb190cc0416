-- Records when the tiles of each followed faction were first read. A tile that appears later was gained since then, and
-- not held before. The monthly league of tiles depends on this difference, so the rows are kept for ever.

CREATE TABLE faction_tile_polls (                 -- when the whole list of each faction's tiles was first read
    faction_id INTEGER PRIMARY KEY,
    first_at   INTEGER NOT NULL                   -- the first answer in which every tile could be decoded
) STRICT;

-- For databases from before this table. An answer with the tiles of a faction has only tiles of followed factions in it;
-- these factions were observed in that month. One tile of a faction is not enough, because the new owner of a lost tile is
-- looked up, too.
INSERT INTO faction_tile_polls (faction_id, first_at)
WITH
seen AS MATERIALIZED (
    SELECT
        recorded_at,
        faction_id,
        count(*) AS tiles,
        EXISTS (SELECT 1 FROM faction_observations AS o
                WHERE o.faction_id = h.faction_id
                  AND o.period_start = unixepoch(h.recorded_at, 'unixepoch', 'start of month')) AS is_followed
    FROM territory_ownership_history AS h
    GROUP BY recorded_at, faction_id
)
SELECT faction_id, min(recorded_at)
FROM seen
WHERE is_followed AND tiles >= 2
  AND NOT EXISTS (SELECT 1 FROM seen AS other WHERE other.recorded_at = seen.recorded_at AND NOT other.is_followed)
GROUP BY faction_id;
