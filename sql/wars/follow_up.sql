-- Torn was asked about this war without success. Moments of a clock that was ahead are replaced.
INSERT INTO war_follow_ups (war_type, war_id, wanted, first_asked_at, last_asked_at)
VALUES (:war_type, :war_id, :wanted, :at, :at)
ON CONFLICT (war_type, war_id) DO UPDATE
SET wanted = excluded.wanted, last_asked_at = excluded.last_asked_at,
    first_asked_at = iif(wanted = excluded.wanted, min(first_asked_at, excluded.first_asked_at),
                         excluded.first_asked_at)
