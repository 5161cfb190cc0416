-- A part of an answer that did not fit. One that fails again is counted. Of many entities that fail alike, 20 get a row.
INSERT INTO rejected_payloads (recorded_at, last_seen_at, endpoint, entity, error, json_path, body)
SELECT :at, :at, :endpoint, :entity, :error, :json_path, :body
WHERE (SELECT count(*) FROM rejected_payloads WHERE json_path = :json_path) < 20
   OR EXISTS (SELECT 1 FROM rejected_payloads
              WHERE endpoint = :endpoint AND entity = :entity AND json_path = :json_path)
ON CONFLICT (endpoint, entity, json_path) WHERE json_path <> '' DO UPDATE
SET times = times + 1,
    times_on_day = iif(last_seen_at / 86400 = :at / 86400, times_on_day + 1, 1),
    last_seen_at = :at, error = excluded.error
