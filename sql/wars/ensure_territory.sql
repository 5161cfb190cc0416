-- Makes sure that a tile has a row, so that other rows can refer to it.
-- Its last_updated is 0, because its owner was not observed.
--
-- :at   unix seconds; when Torn answered
INSERT INTO territories (territory_id, created_at, last_updated)
VALUES (:territory_id, :at, 0)
ON CONFLICT (territory_id) DO NOTHING
