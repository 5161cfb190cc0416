-- Forgets the questions about wars that began in the future; the next fetch of wars asks anew.
--
-- :limit   unix seconds; what is later lies in the future
DELETE FROM war_follow_ups WHERE first_asked_at > :limit
