//! The rows of the field table for wars.

pub const WARS: &str = "
    pacts Ignored
    wars Wars
    wars.ranked War
    wars.raids Ignored
    wars.territory List
    wars.territory[] Item";

pub const RANKED_WAR_RUNNING: &str = "
    start Start started_at,status
    end EndOfRunningRankedWar
    target Count required_score
    winner WinnerOfRunningWar
    factions Sides
    factions[] Sides
    factions[0].id Reference attacking.faction
    factions[0].name Text attacking.name
    factions[0].score Count attacking.score
    factions[0].chain Ignored
    factions[1].id Reference defending.faction
    factions[1].name Text defending.name
    factions[1].score Count defending.score
    factions[1].chain Ignored";

pub const RANKED_WAR_OVER: &str = "
    id Id
    start Start started_at
    end End ends_at,status,winner
    target Count required_score
    winner Winner ends_at,status,winner
    factions Sides
    factions[] Sides
    factions[0].id Sides
    factions[0].name Text attacking.name
    factions[0].score Count attacking.score
    factions[0].chain Ignored
    factions[1].id Reference defending.faction
    factions[1].name Text defending.name
    factions[1].score Count defending.score
    factions[1].chain Ignored";

pub const TERRITORY_WAR_OF_FACTION: &str = "
    war_id Id
    territory Tile
    start Start started_at,status
    end End ends_at
    target Count required_score
    winner UnusedWinner
    factions Sides
    factions[] Sides
    factions[0].id Reference attacking.faction
    factions[0].name Text attacking.name
    factions[0].score Count attacking.score
    factions[0].chain Ignored
    factions[0].is_aggressor Aggressor
    factions[0].playerIds Ignored
    factions[1].id Reference defending.faction
    factions[1].name Text defending.name
    factions[1].score Count defending.score
    factions[1].chain Ignored
    factions[1].is_aggressor Defender
    factions[1].playerIds Ignored";

pub const TERRITORY_WAR_RUNNING: &str = "
    id Id
    territory Tile
    start Start started_at,status
    end End ends_at
    target Count required_score
    result ResultOfRunningWar status,end_reason
    aggressor Sides
    aggressor.id Reference attacking.faction
    aggressor.name Text attacking.name
    aggressor.score Count attacking.score
    aggressor.chain Ignored
    aggressor.players_on_wall Ignored
    defender Sides
    defender.id Reference defending.faction
    defender.name Text defending.name
    defender.score Count defending.score
    defender.chain Ignored
    defender.players_on_wall Ignored";

pub const TERRITORY_WAR_OVER: &str = "
    id Id
    territory Tile
    start Start started_at
    end End ends_at
    target Count required_score
    result Result status,end_reason,winner
    aggressor Sides
    aggressor.id Reference attacking.faction,winner
    aggressor.name Text attacking.name
    aggressor.score Count attacking.score
    defender Sides
    defender.id Reference defending.faction
    defender.name Text defending.name
    defender.score Count defending.score";

pub const PAST_TERRITORY_WAR: &str = "
    id Id
    territory Tile
    start Start started_at
    end End ends_at
    target Count required_score
    result Result status,end_reason,winner
    factions Sides
    factions[] Sides
    factions[0].id Reference attacking.faction,winner
    factions[0].name Text attacking.name
    factions[0].score Count attacking.score
    factions[0].is_aggressor Aggressor
    factions[1].id Reference defending.faction
    factions[1].name Text defending.name
    factions[1].score Count defending.score
    factions[1].is_aggressor Defender";

pub const RANKED_REPORT: &str = "
    id Subject
    start Start started_at
    end End ends_at,status,winner
    winner Winner winner,status
    forfeit Forfeit end_reason
    factions Sides
    factions[] Sides
    factions[0].id Sides
    factions[0].name Text attacking.name
    factions[0].score Count attacking.score
    factions[0].attacks Ignored
    factions[0].rank Ignored
    factions[0].rewards Ignored
    factions[0].members Ignored
    factions[1].id Reference defending.faction
    factions[1].name Text defending.name
    factions[1].score Count defending.score
    factions[1].attacks Ignored
    factions[1].rank Ignored
    factions[1].rewards Ignored
    factions[1].members Ignored";

pub const TERRITORY_REPORT: &str = "
    id Subject
    territory Tile
    started_at Start started_at
    ended_at End ends_at
    winner UnusedWinner
    result ReportResult status,end_reason,winner
    factions Sides
    factions[] Sides
    factions[0].id Sides
    factions[0].name Text attacking.name
    factions[0].score Count attacking.score
    factions[0].joins Ignored
    factions[0].clears Ignored
    factions[0].is_aggressor Aggressor
    factions[0].members Ignored
    factions[1].id Reference defending.faction
    factions[1].name Text defending.name
    factions[1].score Count defending.score
    factions[1].joins Ignored
    factions[1].clears Ignored
    factions[1].is_aggressor Defender
    factions[1].members Ignored";
