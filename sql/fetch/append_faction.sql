-- A history row, if something differs from the newest one, if there is none, or if each poll counts.
INSERT INTO faction_history (faction_id, timestamp, respect, member_count, best_chain, data_source)
SELECT :faction_id, :now, :respect, :member_count, :best_chain, :data_source
WHERE :every_poll
   OR coalesce((SELECT respect IS NOT :respect OR member_count IS NOT :member_count OR best_chain IS NOT :best_chain
                FROM faction_history
                WHERE faction_id = :faction_id
                ORDER BY timestamp DESC, id DESC
                LIMIT 1), 1)
