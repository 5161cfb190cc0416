-- Which faction held each tile, from when to when, and who held it before and after? One row per period of one owner.
-- The program's view of this name also says how a tile was won, from tables that are not in a lake.
WITH
rows_in_order AS (
    SELECT
        territory_id, faction_id, recorded_at, database_id, id,
        row_number() OVER in_order AS n,
        lag(coalesce(faction_id, 0)) OVER in_order AS owner_before
    FROM lake_ownership_changes
    WINDOW in_order AS (PARTITION BY territory_id ORDER BY place)
),
periods AS (
    SELECT
        territory_id, faction_id, recorded_at, owner_before, id, database_id,
        lead(recorded_at) OVER in_order AS until,
        lead(coalesce(faction_id, 0)) OVER in_order AS owner_after
    FROM rows_in_order
    WHERE owner_before IS DISTINCT FROM coalesce(faction_id, 0)
    WINDOW in_order AS (PARTITION BY territory_id ORDER BY n)
)
SELECT
    p.territory_id,
    p.faction_id,                                 -- NULL: unowned
    f.name AS faction_name,
    p.recorded_at AS since,                       -- when this owner was first observed
    p.until,                                      -- when the next owner was first observed; NULL: still held
    p.owner_before IS NOT NULL AS is_start_known, -- false: the tile may have been held before it was first observed
    nullif(p.owner_before, 0) AS won_from_faction_id, -- NULL: unowned before, or not known
    nullif(p.owner_after, 0) AS lost_to_faction_id, -- NULL: unowned since then, or still held
    p.id,                                         -- first row of the period in territory_ownership_history
    p.database_id
FROM periods AS p
LEFT JOIN lake_faction_names AS f ON f.faction_id = p.faction_id
