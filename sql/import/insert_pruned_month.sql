-- Records that a month of the history is pruned here.
--
-- :period_start   unix seconds; start of the month
INSERT INTO temp.pruned_months (period_start) VALUES (:period_start)
