-- What the archive's own triggers made of the copied players: the next statement knows better.
DELETE FROM archive.faction_membership
