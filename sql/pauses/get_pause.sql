-- Returns the current pause of one scope, or no row.
-- No pause lasts longer than a day. A later end was stored while the clock was wrong and is ignored.
--
-- :scope      'address' or 'personalstats'
-- :owner_id   player id of the key's owner; 0 for the address
-- :now        unix seconds
SELECT cause, until, reason
FROM api_pauses
WHERE scope = :scope AND owner_id = :owner_id AND until > :now AND until <= :now + 86400
