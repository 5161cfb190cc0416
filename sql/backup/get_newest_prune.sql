-- Returns the id of the newest prune; 0 if there is none. The ids tell the order also if the clock was set in between.
SELECT coalesce(max(id), 0) AS newest_prune FROM prune_runs
