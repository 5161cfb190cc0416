-- Adds when the values of a faction were last told to another database of tornsnap.
INSERT INTO temp.imported_faction_times (
    faction_id,
    respect_at, member_count_at, best_chain_at
)
VALUES (?, ?, ?, ?)
