-- Deletes the pauses that end after :horizon.
-- Torn never asks for such a long pause.
--
-- :horizon   unix seconds; later pauses and later timestamps from Torn are wrong
DELETE FROM api_pauses WHERE until > :horizon
