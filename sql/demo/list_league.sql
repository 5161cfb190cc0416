-- Lists the players who gained most networth in the newest summarized month.
SELECT month, name, level_change, networth_change
FROM player_league
WHERE month = (SELECT max(month) FROM player_league) AND networth_rank IS NOT NULL
ORDER BY networth_rank, name
LIMIT 5
