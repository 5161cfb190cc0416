-- Lists when the values of factions were last told to another database of tornsnap, up to a time.
--
-- ?1   unix seconds; later times were recorded while a clock was ahead
SELECT
    faction_id,
    iif(respect_at <= ?1, respect_at, NULL),
    iif(member_count_at <= ?1, member_count_at, NULL),
    iif(best_chain_at <= ?1, best_chain_at, NULL)
FROM faction_value_times
