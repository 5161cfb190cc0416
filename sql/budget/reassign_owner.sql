-- Moves the calls of a key to its owner, once the owner is known.
--
-- :owner_before   negative placeholder that the calls were recorded under
-- :owner_id       player id of the owner
UPDATE api_requests SET owner_id = :owner_id WHERE owner_id = :owner_before
