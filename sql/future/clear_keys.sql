-- Ends the pauses of keys that end after :horizon, and clears last_used_at if it is after :limit.
-- Torn never asks for such a long pause.
--
-- :limit     unix seconds; later records were made while the clock was ahead
-- :horizon   unix seconds; later pauses and later timestamps from Torn are wrong
UPDATE api_keys
SET state = iif(state = 'paused' AND paused_until > :horizon, 'ok', state),
    last_error = iif(state = 'paused' AND paused_until > :horizon, NULL, last_error),
    paused_until = iif(paused_until > :horizon, NULL, paused_until),
    last_used_at = iif(last_used_at > :limit, NULL, last_used_at)
WHERE paused_until > :horizon OR last_used_at > :limit
