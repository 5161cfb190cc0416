-- The wars that no list has any more and whose end or report Torn has not told yet.
SELECT war_type, war_id, wanted, first_asked_at, last_asked_at
FROM war_follow_ups
ORDER BY war_type, war_id
