//! A table of the fields of each body: the path, the class, and the facts that come from it.

use serde::Deserialize;
use serde_json::Value;

use super::change::Class;

/// Rows of the table that share a body and the beginning of their paths.
struct Section {
    body: &'static str,
    /// The beginning of each path. `[]` stands for each position of a list that has no section of its own.
    prefix: &'static str,
    /// A line for each row: the path, the class and the facts.
    rows: &'static str,
}

const TABLE: &[Section] = &[
    Section {
        body: "key",
        prefix: "",
        rows: KEY,
    },
    Section {
        body: "owner",
        prefix: "",
        rows: PROFILE,
    },
    Section {
        body: "owner",
        prefix: "",
        rows: BATTLE_STATS,
    },
    Section {
        body: "owner",
        prefix: "",
        rows: PERSONAL_STATS,
    },
    Section {
        body: "player",
        prefix: "",
        rows: PROFILE,
    },
    Section {
        body: "player",
        prefix: "",
        rows: PERSONAL_STATS,
    },
    Section {
        body: "faction",
        prefix: "",
        rows: BASIC,
    },
    Section {
        body: "faction",
        prefix: "",
        rows: MEMBERS,
    },
    Section {
        body: "faction",
        prefix: "",
        rows: WARS,
    },
    Section {
        body: "faction",
        prefix: "wars.ranked.",
        rows: "war_id Id",
    },
    Section {
        body: "faction",
        prefix: "wars.ranked.",
        rows: RANKED_WAR_RUNNING,
    },
    Section {
        body: "faction",
        prefix: "wars.territory[].",
        rows: TERRITORY_WAR_OF_FACTION,
    },
    Section {
        body: "own_tiles",
        prefix: "",
        rows: "territory List\n territory[] Item",
    },
    Section {
        body: "own_tiles",
        prefix: "territory[].",
        rows: TILE,
    },
    Section {
        body: "own_tiles",
        prefix: "territory[].",
        rows: OWN_TILE,
    },
    Section {
        body: "warfareranked",
        prefix: "",
        rows: "_metadata Ignored\n warfareranked List\n warfareranked[] Item",
    },
    Section {
        body: "warfareranked",
        prefix: "warfareranked[0].",
        rows: RANKED_WAR_RUNNING,
    },
    Section {
        body: "warfareranked",
        prefix: "warfareranked[].",
        rows: RANKED_WAR_OVER,
    },
    Section {
        body: "rankedwars",
        prefix: "",
        rows: "_metadata Ignored\n rankedwars List\n rankedwars[] Item",
    },
    Section {
        body: "rankedwars",
        prefix: "rankedwars[0].",
        rows: RANKED_WAR_RUNNING,
    },
    Section {
        body: "rankedwars",
        prefix: "rankedwars[].",
        rows: RANKED_WAR_OVER,
    },
    Section {
        body: "warfareterritory",
        prefix: "",
        rows: "_metadata Ignored\n warfareterritory List\n warfareterritory[] Item",
    },
    Section {
        body: "warfareterritory",
        prefix: "warfareterritory[0].",
        rows: TERRITORY_WAR_RUNNING,
    },
    Section {
        body: "warfareterritory",
        prefix: "warfareterritory[1].",
        rows: TERRITORY_WAR_RUNNING,
    },
    Section {
        body: "warfareterritory",
        prefix: "warfareterritory[].",
        rows: TERRITORY_WAR_OVER,
    },
    Section {
        body: "territorywars",
        prefix: "",
        rows: "territorywars List\n territorywars[] Item",
    },
    Section {
        body: "territorywars",
        prefix: "territorywars[].",
        rows: PAST_TERRITORY_WAR,
    },
    Section {
        body: "rankedwarreport",
        prefix: "",
        rows: "rankedwarreport Report",
    },
    Section {
        body: "rankedwarreport",
        prefix: "rankedwarreport.",
        rows: RANKED_REPORT,
    },
    Section {
        body: "territorywarreport",
        prefix: "",
        rows: "territorywarreport Report",
    },
    Section {
        body: "territorywarreport",
        prefix: "territorywarreport.",
        rows: TERRITORY_REPORT,
    },
    Section {
        body: "ownership",
        prefix: "",
        rows: OWNERSHIP,
    },
    Section {
        body: "rackets",
        prefix: "",
        rows: RACKETS,
    },
    Section {
        body: "facts",
        prefix: "",
        rows: "_metadata Ignored\n territory List\n territory[] Item",
    },
    Section {
        body: "facts",
        prefix: "territory[].",
        rows: TILE,
    },
    Section {
        body: "facts",
        prefix: "territory[].",
        rows: "neighbors Ignored",
    },
];

const KEY: &str = "
    info Object
    info.selections Access selections.user,selections.faction,selections.torn
    info.selections.company Ignored
    info.selections.market Ignored
    info.selections.property Ignored
    info.selections.racing Ignored
    info.selections.forum Ignored
    info.selections.key Ignored
    info.selections.user Words selections.user
    info.selections.user[] WordItem selections.user
    info.selections.faction Words selections.faction
    info.selections.faction[] WordItem selections.faction
    info.selections.torn Words selections.torn
    info.selections.torn[] WordItem selections.torn
    info.user Object
    info.user.id Reference owner
    info.user.faction_id Ignored
    info.user.company_id Ignored
    info.access Object
    info.access.level NeededWhole access_level
    info.access.type TextElse access
    info.access.faction Ignored
    info.access.company Ignored
    info.access.log Ignored";

const PROFILE: &str = "
    profile Object
    profile.id Subject
    profile.name Name name
    profile.level Positive level
    profile.rank Text rank
    profile.title Ignored
    profile.age Ignored
    profile.signed_up Ignored
    profile.faction_id NoneMeans faction
    profile.honor_id Ignored
    profile.property Ignored
    profile.image Ignored
    profile.gender Ignored
    profile.revivable Ignored
    profile.role Ignored
    profile.status Group status_state,status_description
    profile.status.description Text status_description
    profile.status.details Ignored
    profile.status.state Text status_state
    profile.status.color Ignored
    profile.status.until Ignored
    profile.spouse Ignored
    profile.awards Ignored
    profile.friends Ignored
    profile.enemies Ignored
    profile.forum_posts Ignored
    profile.karma Ignored
    profile.last_action Ignored
    profile.life Group life_current,life_maximum
    profile.life.current Count life_current
    profile.life.maximum Positive life_maximum
    profile.donator_status Ignored
    profile.revive_setting Ignored";

const BATTLE_STATS: &str = "
    battlestats Group strength,defense,speed,dexterity,total
    battlestats.strength Group strength
    battlestats.strength.value Count strength
    battlestats.strength.modifier Ignored
    battlestats.strength.modifiers Ignored
    battlestats.defense Group defense
    battlestats.defense.value Count defense
    battlestats.defense.modifier Ignored
    battlestats.defense.modifiers Ignored
    battlestats.speed Group speed
    battlestats.speed.value Count speed
    battlestats.speed.modifier Ignored
    battlestats.speed.modifiers Ignored
    battlestats.dexterity Group dexterity
    battlestats.dexterity.value Count dexterity
    battlestats.dexterity.modifier Ignored
    battlestats.dexterity.modifiers Ignored
    battlestats.total Count total";

const PERSONAL_STATS: &str = "
    personalstats Figures dollars,bucket_at
    personalstats[] Figure dollars,bucket_at
    personalstats[].name Figure dollars,bucket_at
    personalstats[].value Whole dollars
    personalstats[].timestamp Moment bucket_at";

const BASIC: &str = "
    basic Object
    basic.id Subject
    basic.name OldName name
    basic.tag Text tag
    basic.tag_image Ignored
    basic.banner_image Ignored
    basic.leader_id Seat leader
    basic.co_leader_id Seat co_leader
    basic.respect Count respect
    basic.days_old Count age
    basic.capacity Ignored
    basic.members Count member_count
    basic.is_enlisted Ignored
    basic.rank Ignored
    basic.best_chain Count best_chain
    basic.note Ignored";

const MEMBERS: &str = "
    members List
    members[] Item
    members[].id Id
    members[].name Name name
    members[].position Ignored
    members[].level Positive level
    members[].days_in_faction Ignored
    members[].is_revivable Ignored
    members[].is_on_wall Ignored
    members[].is_in_oc Ignored
    members[].has_early_discharge Ignored
    members[].last_action Ignored
    members[].status Group status_state,status_description
    members[].status.description Text status_description
    members[].status.details Ignored
    members[].status.state Text status_state
    members[].status.color Ignored
    members[].status.until Ignored
    members[].revive_setting Ignored";

const WARS: &str = "
    pacts Ignored
    wars Wars
    wars.ranked War
    wars.raids Ignored
    wars.territory List
    wars.territory[] Item";

const RANKED_WAR_RUNNING: &str = "
    start Start started_at,status
    end EndAhead
    target Count required_score
    winner NoWinner
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

const RANKED_WAR_OVER: &str = "
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

const TERRITORY_WAR_OF_FACTION: &str = "
    war_id Id
    territory Tile
    start Start started_at,status
    end End ends_at
    target Count required_score
    winner NamedWinner
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

const TERRITORY_WAR_RUNNING: &str = "
    id Id
    territory Tile
    start Start started_at,status
    end End ends_at
    target Count required_score
    result NoResult status,end_reason
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

const TERRITORY_WAR_OVER: &str = "
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

const PAST_TERRITORY_WAR: &str = "
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

const RANKED_REPORT: &str = "
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

const TERRITORY_REPORT: &str = "
    id Subject
    territory Tile
    started_at Start started_at
    ended_at End ends_at
    winner NamedWinner
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

const TILE: &str = "
    id Tile
    sector Count sector
    size Count size
    density Count density
    slots Count slots
    respect Count respect
    coordinates Group coordinate_x,coordinate_y
    coordinates.x Real coordinate_x
    coordinates.y Real coordinate_y";

const OWN_TILE: &str = "
    acquired_at Ignored
    racket RacketPart racket
    racket.name RacketName racket
    racket.level RacketLevel racket
    racket.description Ignored
    racket.reward Ignored
    racket.created_at Ignored
    racket.changed_at Ignored";

const OWNERSHIP: &str = "
    territoryOwnership OwnerList
    territoryOwnership[] Item
    territoryOwnership[].id Tile
    territoryOwnership[].owned_by NoneMeans owner
    territoryOwnership[].acquired_at Ignored
    territoryOwnership[].irradiated Ignored";

const RACKETS: &str = "
    rackets List
    rackets[] Item
    rackets[].name Name name
    rackets[].level Count level
    rackets[].description Ignored
    rackets[].reward Ignored
    rackets[].created_at Ignored
    rackets[].changed_at Ignored
    rackets[].territory TileOrNone
    rackets[].faction_id Ignored";

/// A row for one field.
#[derive(Clone, Debug)]
pub struct Row {
    pub body: &'static str,
    pub path: String,
    pub class: Class,
    pub facts: Vec<&'static str>,
}

/// Every row of the table.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for section in TABLE {
        let Section {
            body,
            prefix,
            rows: lines,
        } = section;
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut words = line.split(' ');
            let (path, class) = (words.next().unwrap(), words.next().unwrap());
            rows.push(Row {
                body,
                path: format!("{prefix}{path}"),
                class: Class::deserialize(Value::from(class)).unwrap(),
                facts: words
                    .next()
                    .unwrap_or_default()
                    .split(',')
                    .filter(|fact| !fact.is_empty())
                    .collect(),
            });
        }
    }
    rows
}
