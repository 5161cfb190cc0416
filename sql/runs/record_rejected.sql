-- Stores a part of an answer that could not be decoded, or counts it if it is stored already.
-- At most 20 entities with the same JSON path get a row of their own. For the next one this inserts nothing, and
-- count_rejected.sql counts it.
--
-- :at          unix seconds; when Torn answered
-- :endpoint    path of the call
-- :entity      subject of the call, such as 'player 123'
-- :error       error text
-- :json_path   place in the answer, such as 'members[*].level'
-- :body        JSON text
INSERT INTO rejected_payloads (recorded_at, last_seen_at, endpoint, entity, error, json_path, body)
SELECT :at, :at, :endpoint, :entity, :error, :json_path, :body
WHERE (SELECT count(*) FROM rejected_payloads WHERE json_path = :json_path) < 20
   OR EXISTS (SELECT 1 FROM rejected_payloads
              WHERE endpoint = :endpoint AND entity = :entity AND json_path = :json_path)
ON CONFLICT (endpoint, entity, json_path) WHERE json_path <> '' DO UPDATE SET
    times = times + 1,
    times_on_day = iif(last_seen_at / 86400 = :at / 86400, times_on_day + 1, 1),
    last_seen_at = :at,
    error = excluded.error
