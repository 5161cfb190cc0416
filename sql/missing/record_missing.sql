-- Records that Torn does not know an id.
-- Misses within half an hour count once. Misses dated more than a day ahead were recorded while the clock was wrong,
-- and are replaced.
--
-- :kind   'player', 'faction' or 'tile'
-- :at     unix seconds; when Torn answered
INSERT INTO missing_entities (kind, entity_id, misses, first_miss, last_miss)
VALUES (:kind, :entity_id, 1, :at, :at)
ON CONFLICT (kind, entity_id) DO UPDATE SET
    misses = CASE
        WHEN last_miss > :at + 86400 THEN 1
        WHEN last_miss > :at - 1800 THEN misses
        ELSE misses + 1 END,
    first_miss = iif(first_miss > :at + 86400, :at, first_miss),
    last_miss = iif(last_miss > :at + 86400, :at, max(last_miss, :at))
