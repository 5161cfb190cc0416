-- Appends a history row of a faction if a value differs from its last known one.
--
-- A value that is NULL in this answer is unknown, so it is not a change.
-- Each value is compared in its own index look-up, because the last known values can be in different rows.
--
-- :at             unix seconds; when Torn answered
-- :respect        points; NULL: unknown
-- :member_count   NULL: unknown
-- :best_chain     hits; NULL: unknown
-- :data_source    name of the key
-- :every_poll     1: append a row at each poll, changed or not
INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain, data_source)
SELECT :faction_id, :at, :respect, :member_count, :best_chain, :data_source
WHERE :every_poll
   OR (:respect IS NOT NULL
       AND :respect IS NOT (SELECT respect FROM faction_history
                            WHERE faction_id = :faction_id AND timestamp <= :at AND respect IS NOT NULL
                            ORDER BY timestamp DESC, id DESC LIMIT 1))
   OR (:member_count IS NOT NULL
       AND :member_count IS NOT (SELECT member_count FROM faction_history
                                 WHERE faction_id = :faction_id AND timestamp <= :at AND member_count IS NOT NULL
                                 ORDER BY timestamp DESC, id DESC LIMIT 1))
   OR (:best_chain IS NOT NULL
       AND :best_chain IS NOT (SELECT best_chain FROM faction_history
                               WHERE faction_id = :faction_id AND timestamp <= :at AND best_chain IS NOT NULL
                               ORDER BY timestamp DESC, id DESC LIMIT 1))
