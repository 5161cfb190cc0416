-- Returns a table that a database of the newest schema needs and that this one lacks; no row if it has all of them.
WITH needed (name) AS (
    VALUES ('api_keys'), ('api_pauses'), ('api_requests'), ('archive_receipts'), ('archive_step'),
           ('backup_folders'), ('database_identity'), ('faction_history'), ('faction_membership'),
           ('faction_observations'), ('faction_summary'), ('faction_tile_polls'), ('faction_value_times'),
           ('faction_war_polls'), ('factions'), ('fetch_runs'), ('imported_summaries'), ('imported_wars'),
           ('key_checks'),
           ('membership_sightings'), ('missing_entities'), ('month_states'), ('player_observations'),
           ('player_polls'), ('player_stats_history'), ('player_stats_summary'),
           ('player_value_times'), ('players'),
           ('program_objects'), ('prune_runs'), ('refreshes'), ('rejected_payloads'), ('repeated_rows'),
           ('schema_version'), ('searched_copies'), ('territories'), ('territory_observations'),
           ('territory_ownership_history'), ('territory_ownership_summary'), ('war_follow_ups'),
           ('war_status_history'), ('war_summary')
)
SELECT name
FROM needed
WHERE name NOT IN (SELECT name FROM sqlite_schema WHERE type = 'table')
ORDER BY name
LIMIT 1
