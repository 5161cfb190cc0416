-- Adds a merged membership.
--
-- :first_seen_at   unix seconds
-- :joined_at       unix seconds; NULL: before :first_seen_at
-- :left_at         unix seconds; NULL: still a member
INSERT INTO main.faction_membership (player_id, faction_id, first_seen_at, joined_at, left_at)
VALUES (:player_id, :faction_id, :first_seen_at, :joined_at, :left_at)
