-- Ends the pauses that last longer than Torn ever asks for.
--
-- :horizon   unix seconds; Torn's own times and planned times are wrong when they are later
DELETE FROM api_pauses WHERE until > :horizon
