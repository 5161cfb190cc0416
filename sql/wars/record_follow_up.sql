-- Records that a war has to be requested again. No list has the war any more, and the answer about it did not have the
-- wanted data. If other data was wanted before, first_asked_at is set to this request.
--
-- :war_type   'ranked' or 'territory'
-- :war_id     unique only together with the type
-- :wanted     'end', 'report' or 'later'
-- :at         unix seconds; when Torn was asked
INSERT INTO war_follow_ups (war_type, war_id, wanted, first_asked_at, last_asked_at)
VALUES (:war_type, :war_id, :wanted, :at, :at)
ON CONFLICT (war_type, war_id) DO UPDATE SET
    wanted = excluded.wanted,
    last_asked_at = excluded.last_asked_at,
    -- min() also replaces a time that was recorded while the clock was ahead.
    first_asked_at = iif(wanted = excluded.wanted,
                         min(first_asked_at, excluded.first_asked_at),
                         excluded.first_asked_at)
