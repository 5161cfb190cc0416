-- An answer that did not fit, kept to be looked at.
INSERT INTO rejected_payloads (recorded_at, endpoint, entity, error, body)
VALUES (:recorded_at, :endpoint, :entity, :error, :body)
