-- The ranked wars whose end came from a list while Torn's report was not there yet.
SELECT CAST(substr(scope, length(:scope_start) + 1) AS INTEGER) AS war_id
FROM api_pauses
WHERE substr(scope, 1, length(:scope_start)) = :scope_start AND until > :now
ORDER BY war_id
