-- Lists the fetch runs that a prune keeps at any age: the newest of each kind, and the newest successful one of each
-- kind.
SELECT max(id) AS id FROM fetch_runs GROUP BY kind
UNION
SELECT max(id) FROM fetch_runs WHERE status = 'ok' GROUP BY kind
