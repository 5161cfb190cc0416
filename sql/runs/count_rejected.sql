-- Counts a rejected part of an answer in the newest row with the same JSON path.
-- It runs if 20 entities have such a row already.
--
-- :at          unix seconds; when Torn answered
-- :json_path   place in the answer
UPDATE rejected_payloads
SET times = times + 1,
    times_on_day = iif(last_seen_at / 86400 = :at / 86400, times_on_day + 1, 1),
    last_seen_at = :at
WHERE id = (SELECT max(id) FROM rejected_payloads WHERE json_path = :json_path)
