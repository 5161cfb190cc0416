-- Returns when the lists of a faction's wars were last read, or no row.
SELECT listed_at, history_read_at FROM faction_war_polls WHERE faction_id = :faction_id
