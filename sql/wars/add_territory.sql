-- A tile that is only referred to. last_updated 0: Torn was never asked about it.
INSERT INTO territories (territory_id, created_at, last_updated)
VALUES (:territory_id, :at, 0)
ON CONFLICT (territory_id) DO NOTHING
