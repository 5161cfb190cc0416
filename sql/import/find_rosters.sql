-- Finds when our own fetches have read the roster of each faction.
-- The newest answer about a faction was a complete roster if no stored member was last observed before it, and it names a
-- member whom no profile of that second explains, or all members are stored. Earlier answers of such a faction count as
-- rosters, too. Only times within our own fetches count, because imports also add observations.
INSERT INTO temp.rosters (faction_id, at)
WITH
answers AS MATERIALIZED (
    SELECT faction_id, first_at AS at FROM main.faction_observations
    UNION
    SELECT faction_id, last_at FROM main.faction_observations
),
-- Each time is looked for once, because one run tells many factions in the same second, and all earlier runs are read.
moments AS MATERIALIZED (SELECT DISTINCT at FROM answers),
fetched AS MATERIALIZED (
    SELECT faction_id, at
    FROM answers
    WHERE at IN (
        SELECT at FROM moments WHERE EXISTS (
            SELECT 1 FROM main.fetch_runs
            WHERE moments.at BETWEEN started_at AND coalesce(finished_at, moments.at)))
),
newest AS MATERIALIZED (SELECT faction_id, max(at) AS at FROM fetched GROUP BY faction_id),
listed AS MATERIALIZED (
    SELECT newest.faction_id
    FROM newest
    JOIN main.players AS member ON member.faction_id = newest.faction_id
    JOIN main.factions AS faction ON faction.faction_id = newest.faction_id
    LEFT JOIN main.player_polls AS polls ON polls.player_id = member.player_id
    GROUP BY newest.faction_id
    HAVING min(member.last_updated) >= newest.at AND (
        max(member.last_updated = newest.at AND polls.polled_at IS NOT newest.at)
        OR count(*) >= faction.member_count)
)
SELECT faction_id, at FROM fetched WHERE faction_id IN (SELECT faction_id FROM listed)
