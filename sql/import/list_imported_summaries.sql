-- The summaries that the database has imported itself.
SELECT history, period_start, entity
FROM imported_summaries
