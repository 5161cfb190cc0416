-- Lists the wars that are on no list any more, but whose end or report is still unknown.
SELECT war_type, war_id, wanted, first_asked_at, last_asked_at
FROM war_follow_ups
ORDER BY war_type, war_id
