-- Records the wars of which history rows are taken.
INSERT OR IGNORE INTO temp.told_wars (entity)
SELECT war_type || ' ' || war_id FROM temp.accepted
