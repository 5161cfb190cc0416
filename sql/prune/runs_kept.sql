-- The records of fetches that stay however old they are: of each kind the newest, and the newest good one.
SELECT max(id) AS id FROM fetch_runs GROUP BY kind
UNION
SELECT max(id) FROM fetch_runs WHERE status = 'ok' GROUP BY kind
