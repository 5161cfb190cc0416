-- The pause of this scope that is in force. No pause lasts longer than a day, so a later end is that of a clock that was ahead.
SELECT cause, until, reason
FROM api_pauses
WHERE scope = :scope AND owner_id = :owner_id AND until > :now AND until <= :now + 86400
