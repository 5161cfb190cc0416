-- Makes sure that each tile that an imported row names has a row, so that other rows can refer to it.
-- Its last_updated is 0, because its owner was not observed.
--
-- :now   unix seconds
INSERT INTO main.territories (territory_id, created_at, last_updated)
SELECT named.territory_id, :now, 0
FROM (
    SELECT territory_id FROM temp.imported_territory_ownership_history
    UNION SELECT territory_id FROM temp.imported_war_status_history
    UNION SELECT territory_id FROM temp.imported_territory_observations
    UNION SELECT territory_id FROM temp.imported_war_summary
    UNION SELECT territory_id FROM temp.imported_territory_ownership_summary
) AS named
WHERE named.territory_id IS NOT NULL
ORDER BY named.territory_id
ON CONFLICT (territory_id) DO NOTHING
