-- Records a war of which a summary is taken.
--
-- :entity   as in main.imported_summaries
INSERT OR IGNORE INTO temp.told_wars (entity) VALUES (:entity)
