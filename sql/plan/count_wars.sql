-- Counts the stored wars of one type: all of them, and those that begin no earlier than the oldest war that has not
-- ended.
-- The game-wide list is sorted newest first. The second count is the number of its wars that have to be read.
--
-- :war_type   'ranked' or 'territory'
WITH newest AS (
    SELECT started_at, status
    FROM war_status_history AS row
    WHERE war_type = :war_type
      AND id = (
          SELECT id FROM war_status_history
          WHERE war_type = :war_type AND war_id = row.war_id
          ORDER BY recorded_at DESC, id DESC LIMIT 1
      )
)
SELECT
    count(*) AS stored,
    count(*) FILTER (
        WHERE started_at >= (SELECT min(started_at) FROM newest WHERE status IN ('scheduled', 'ongoing'))
    ) AS up_to_oldest_open
FROM newest
