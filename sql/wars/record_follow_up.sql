-- Records a call about a war that is on no list any more, when the answer did not have what was wanted.
-- If something else was wanted before, first_asked_at starts anew.
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
