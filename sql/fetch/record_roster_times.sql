-- Records when a roster told the levels of its members, changed or not.
--
-- :members   JSON list of objects with id, name, level, state and description
-- :at        unix seconds; when Torn answered
INSERT INTO player_value_times (player_id, level_at)
SELECT value ->> 'id', :at
FROM json_each(:members)
WHERE value ->> 'level' IS NOT NULL
ON CONFLICT (player_id) DO UPDATE SET
    level_at = nullif(max(coalesce(excluded.level_at, 0), coalesce(level_at, 0)), 0)
