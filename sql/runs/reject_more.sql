-- One more entity that fails like 20 others: the newest of them counts it.
UPDATE rejected_payloads
SET times = times + 1,
    times_on_day = iif(last_seen_at / 86400 = :at / 86400, times_on_day + 1, 1),
    last_seen_at = :at
WHERE id = (SELECT max(id) FROM rejected_payloads WHERE json_path = :json_path)
