-- Until when this scope is paused, and why.
SELECT until, reason FROM api_pauses WHERE scope = :scope AND until > :now
