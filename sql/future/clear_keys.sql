-- Ends the pauses of keys that are longer than Torn ever asks for, and clears uses that were recorded under a clock
-- that was ahead.
--
-- :limit     unix seconds; records of this machine dated later were made under a clock that was ahead
-- :horizon   unix seconds; planned times and Torn's timestamps are wrong if they are later
UPDATE api_keys
SET state = iif(state = 'paused' AND paused_until > :horizon, 'ok', state),
    last_error = iif(state = 'paused' AND paused_until > :horizon, NULL, last_error),
    paused_until = iif(paused_until > :horizon, NULL, paused_until),
    last_used_at = iif(last_used_at > :limit, NULL, last_used_at)
WHERE paused_until > :horizon OR last_used_at > :limit
