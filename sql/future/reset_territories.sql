-- Resets last_updated of tiles to their newest observation or history row if it is after :limit; 0: there is none.
-- It runs after the statements that delete the observations and history rows after :limit. created_at becomes now if it
-- is after :limit.
--
-- :now     unix seconds
-- :limit   unix seconds; later records were made while the clock was ahead
UPDATE territories
SET created_at = iif(created_at > :limit, :now, created_at),
    last_updated = iif(last_updated > :limit, max(
        coalesce((SELECT max(last_at) FROM territory_observations AS seen
                  WHERE seen.territory_id = territories.territory_id), 0),
        coalesce((SELECT max(recorded_at) FROM territory_ownership_history AS seen
                  WHERE seen.territory_id = territories.territory_id), 0)
    ), last_updated)
WHERE created_at > :limit OR last_updated > :limit
