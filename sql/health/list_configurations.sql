-- Lists the configuration files whose fetches of the same kind take turns, in alphabetical order.
--
-- A file that was moved, or that was used once or twice by hand, is not listed: the runs change to it three times or more.
--
-- :since     unix seconds; runs that started earlier are ignored
-- :horizon   unix seconds; later timestamps were recorded while the clock was wrong
SELECT DISTINCT configuration
FROM (
    SELECT kind, configuration, lag(configuration) OVER (PARTITION BY kind ORDER BY id) AS previous
    FROM fetch_runs
    WHERE started_at >= :since AND started_at <= :horizon AND configuration IS NOT NULL
)
WHERE configuration <> previous
GROUP BY kind, configuration
HAVING count(*) >= 3
ORDER BY configuration
