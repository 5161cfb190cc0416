-- Answers of the last day that did not fit, and why the newest one did not.
SELECT count(*) AS answers, max(recorded_at) AS newest_at, endpoint, error
FROM rejected_payloads
WHERE recorded_at > :since
