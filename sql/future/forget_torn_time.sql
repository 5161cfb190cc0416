-- Takes back Torn's time from all fetch runs, so that none of them confirms the clock. The next fetch compares it anew.
UPDATE fetch_runs SET torn_at = NULL WHERE torn_at IS NOT NULL
