-- Deletes the pauses that are longer than Torn ever asks for.
--
-- :horizon   unix seconds; planned times and Torn's timestamps are wrong if they are later
DELETE FROM api_pauses WHERE until > :horizon
