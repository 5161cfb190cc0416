-- Calls of a key whose owner was not known yet count for that owner as soon as it is.
UPDATE api_requests SET owner_id = :owner_id WHERE owner_id = :owner_before
