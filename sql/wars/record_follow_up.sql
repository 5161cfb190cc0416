-- Records a call about one war that did not bring what was wanted.
-- If something else is wanted than before, the time of the first call starts anew.
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
    -- min() also replaces a time that was recorded under a clock that was ahead.
    first_asked_at = iif(wanted = excluded.wanted,
                         min(first_asked_at, excluded.first_asked_at),
                         excluded.first_asked_at)
