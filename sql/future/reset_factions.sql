-- Resets the last_updated of factions to the newest observation or history row that is left; 0: none is left.
-- It runs after those that were recorded under a clock that was ahead are deleted. A creation time that is later than
-- now becomes now.
--
-- :now     unix seconds
-- :limit   unix seconds; records of this machine dated later were made under a clock that was ahead
UPDATE factions
SET created_at = iif(created_at > :limit, :now, created_at),
    last_updated = iif(last_updated > :limit, max(
        coalesce((SELECT max(last_at) FROM faction_observations AS seen
                  WHERE seen.faction_id = factions.faction_id), 0),
        coalesce((SELECT max(timestamp) FROM faction_history AS seen
                  WHERE seen.faction_id = factions.faction_id), 0)
    ), last_updated)
WHERE created_at > :limit OR last_updated > :limit
