-- Returns the current pause for all calls from this address, or no row.
-- No pause lasts longer than a day. A later end was recorded while the clock was wrong and is ignored.
--
-- :now   unix seconds
SELECT until, reason, cause = 'block' AS is_block
FROM api_pauses
WHERE scope = 'address' AND until > :now AND until <= :now + 86400
