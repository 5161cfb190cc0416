-- Adds when the values of a player were last told to another database of tornsnap.
INSERT INTO temp.imported_player_times (
    player_id,
    strength_at, defense_at, speed_at, dexterity_at, total_stats_at, level_at, life_maximum_at, networth_at
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
