-- When the war lists of this faction were last read.
SELECT listed_at, history_read_at FROM faction_war_polls WHERE faction_id = :faction_id
