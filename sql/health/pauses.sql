-- The pause that keeps every call waiting.
SELECT until, reason
FROM api_pauses
WHERE scope = 'address' AND until > :now AND until <= :now + 86400
