-- Tables for Trino's Hive connector over a lake on object storage, in the schema hive.torn. Replace s3://BUCKET/FOLDER.
--
-- After each upload, Trino learns of new months by: CALL hive.system.sync_partition_metadata('torn', TABLE, 'FULL')
-- src/docs/lake.md says what Athena writes in another way.

CREATE TABLE hive.torn.player_stats_history (
    "id" bigint,
    "player_id" bigint,
    "timestamp" timestamp(3),
    "strength" bigint,
    "defense" bigint,
    "speed" bigint,
    "dexterity" bigint,
    "total_stats" bigint,
    "level" bigint,
    "life_maximum" bigint,
    "networth" bigint,
    "data_source" varchar,
    "database_id" varchar,
    "period" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/player_stats_history', format = 'PARQUET', partitioned_by = ARRAY['period']);

CREATE TABLE hive.torn.faction_history (
    "id" bigint,
    "faction_id" bigint,
    "timestamp" timestamp(3),
    "respect" bigint,
    "member_count" bigint,
    "best_chain" bigint,
    "data_source" varchar,
    "database_id" varchar,
    "period" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/faction_history', format = 'PARQUET', partitioned_by = ARRAY['period']);

CREATE TABLE hive.torn.war_status_history (
    "id" bigint,
    "war_id" bigint,
    "war_type" varchar,
    "territory_id" varchar,
    "attacking_faction_id" bigint,
    "defending_faction_id" bigint,
    "attacking_score" bigint,
    "defending_score" bigint,
    "required_score" bigint,
    "status" varchar,
    "end_reason" varchar,
    "winner_faction_id" bigint,
    "started_at" timestamp(3),
    "ends_at" timestamp(3),
    "recorded_at" timestamp(3),
    "data_source" varchar,
    "database_id" varchar,
    "period" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/war_status_history', format = 'PARQUET', partitioned_by = ARRAY['period']);

CREATE TABLE hive.torn.territory_ownership_history (
    "id" bigint,
    "territory_id" varchar,
    "faction_id" bigint,
    "sector" bigint,
    "coordinate_x" double,
    "coordinate_y" double,
    "racket_level" bigint,
    "racket_type" varchar,
    "war_status" varchar,
    "recorded_at" timestamp(3),
    "data_source" varchar,
    "database_id" varchar,
    "period" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/territory_ownership_history', format = 'PARQUET',
    partitioned_by = ARRAY['period']);

CREATE TABLE hive.torn.player_observations (
    "player_id" bigint,
    "period_start" timestamp(3),
    "first_at" timestamp(3),
    "last_at" timestamp(3),
    "polls" bigint,
    "database_id" varchar,
    "period" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/player_observations', format = 'PARQUET', partitioned_by = ARRAY['period']);

CREATE TABLE hive.torn.faction_observations (
    "faction_id" bigint,
    "period_start" timestamp(3),
    "first_at" timestamp(3),
    "last_at" timestamp(3),
    "polls" bigint,
    "database_id" varchar,
    "period" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/faction_observations', format = 'PARQUET', partitioned_by = ARRAY['period']);

CREATE TABLE hive.torn.territory_observations (
    "territory_id" varchar,
    "period_start" timestamp(3),
    "first_at" timestamp(3),
    "last_at" timestamp(3),
    "polls" bigint,
    "database_id" varchar,
    "period" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/territory_observations', format = 'PARQUET', partitioned_by = ARRAY['period']);

CREATE TABLE hive.torn.player_stats_summary (
    "id" bigint,
    "player_id" bigint,
    "period_start" timestamp(3),
    "period_end" timestamp(3),
    "period_type" varchar,
    "strength_start" bigint,
    "strength_end" bigint,
    "strength_change" bigint,
    "defense_start" bigint,
    "defense_end" bigint,
    "defense_change" bigint,
    "speed_start" bigint,
    "speed_end" bigint,
    "speed_change" bigint,
    "dexterity_start" bigint,
    "dexterity_end" bigint,
    "dexterity_change" bigint,
    "total_stats_start" bigint,
    "total_stats_end" bigint,
    "total_stats_change" bigint,
    "level_start" bigint,
    "level_end" bigint,
    "level_change" bigint,
    "life_maximum_start" bigint,
    "life_maximum_end" bigint,
    "networth_start" bigint,
    "networth_end" bigint,
    "networth_change" bigint,
    "record_count" bigint,
    "created_at" timestamp(3),
    "database_id" varchar,
    "period" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/player_stats_summary', format = 'PARQUET', partitioned_by = ARRAY['period']);

CREATE TABLE hive.torn.faction_summary (
    "id" bigint,
    "faction_id" bigint,
    "period_start" timestamp(3),
    "period_end" timestamp(3),
    "period_type" varchar,
    "respect_start" bigint,
    "respect_end" bigint,
    "respect_change" bigint,
    "member_count_start" bigint,
    "member_count_end" bigint,
    "member_count_change" bigint,
    "best_chain_start" bigint,
    "best_chain_end" bigint,
    "best_chain_change" bigint,
    "record_count" bigint,
    "created_at" timestamp(3),
    "database_id" varchar,
    "period" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/faction_summary', format = 'PARQUET', partitioned_by = ARRAY['period']);

CREATE TABLE hive.torn.war_summary (
    "id" bigint,
    "war_id" bigint,
    "war_type" varchar,
    "territory_id" varchar,
    "period_start" timestamp(3),
    "period_end" timestamp(3),
    "period_type" varchar,
    "attacking_faction_id" bigint,
    "defending_faction_id" bigint,
    "final_attacking_score" bigint,
    "final_defending_score" bigint,
    "winner_faction_id" bigint,
    "duration_seconds" bigint,
    "record_count" bigint,
    "created_at" timestamp(3),
    "database_id" varchar,
    "period" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/war_summary', format = 'PARQUET', partitioned_by = ARRAY['period']);

CREATE TABLE hive.torn.territory_ownership_summary (
    "id" bigint,
    "territory_id" varchar,
    "period_start" timestamp(3),
    "period_end" timestamp(3),
    "period_type" varchar,
    "faction_id_start" bigint,
    "faction_id_end" bigint,
    "ownership_changes" bigint,
    "days_owned" bigint,
    "record_count" bigint,
    "created_at" timestamp(3),
    "database_id" varchar,
    "period" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/territory_ownership_summary', format = 'PARQUET',
    partitioned_by = ARRAY['period']);

CREATE TABLE hive.torn.players (
    "player_id" bigint,
    "name" varchar,
    "level" bigint,
    "rank" varchar,
    "faction_id" bigint,
    "status_state" varchar,
    "status_description" varchar,
    "life_current" bigint,
    "life_maximum" bigint,
    "is_active" bigint,
    "created_at" timestamp(3),
    "last_updated" timestamp(3),
    "database_id" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/players', format = 'PARQUET');

CREATE TABLE hive.torn.factions (
    "faction_id" bigint,
    "name" varchar,
    "tag" varchar,
    "leader_id" bigint,
    "co_leader_id" bigint,
    "respect" bigint,
    "age" bigint,
    "best_chain" bigint,
    "member_count" bigint,
    "is_active" bigint,
    "created_at" timestamp(3),
    "last_updated" timestamp(3),
    "database_id" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/factions', format = 'PARQUET');

CREATE TABLE hive.torn.territories (
    "territory_id" varchar,
    "sector" bigint,
    "size" bigint,
    "density" bigint,
    "slots" bigint,
    "respect" bigint,
    "coordinate_x" double,
    "coordinate_y" double,
    "faction_id" bigint,
    "racket_type" varchar,
    "racket_level" bigint,
    "war_status" varchar,
    "created_at" timestamp(3),
    "last_updated" timestamp(3),
    "database_id" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/territories', format = 'PARQUET');

CREATE TABLE hive.torn.faction_membership (
    "id" bigint,
    "player_id" bigint,
    "faction_id" bigint,
    "first_seen_at" timestamp(3),
    "joined_at" timestamp(3),
    "left_at" timestamp(3),
    "database_id" varchar
)
WITH (external_location = 's3://BUCKET/FOLDER/faction_membership', format = 'PARQUET');
