-- What was waited for is there.
DELETE FROM api_pauses WHERE scope = :scope
