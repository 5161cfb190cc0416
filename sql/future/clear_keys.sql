-- Ends the rests of keys that last longer than Torn ever asks for, and forgets uses in the future.
--
-- :limit     unix seconds; what is later lies in the future
-- :horizon   unix seconds; Torn's own times and planned times are wrong when they are later
UPDATE api_keys
SET state = iif(state = 'paused' AND paused_until > :horizon, 'ok', state),
    last_error = iif(state = 'paused' AND paused_until > :horizon, NULL, last_error),
    paused_until = iif(paused_until > :horizon, NULL, paused_until),
    last_used_at = iif(last_used_at > :limit, NULL, last_used_at)
WHERE paused_until > :horizon OR last_used_at > :limit
