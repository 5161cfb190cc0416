-- Sets the required score in stored rows of wars where the imported rows have shown a newer one before them.
UPDATE main.war_status_history AS stored
SET required_score = carried.required_score
FROM temp.carried AS carried
WHERE stored.id = carried.id
