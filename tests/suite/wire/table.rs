//! A table of the fields of each body: the path, the class, and the facts that come from it.

use serde::Deserialize;
use serde_json::Value;

use super::change::Class;
use super::war_fields::{
    PAST_TERRITORY_WAR, RANKED_REPORT, RANKED_WAR_OVER, RANKED_WAR_RUNNING, TERRITORY_REPORT,
    TERRITORY_WAR_OF_FACTION, TERRITORY_WAR_OVER, TERRITORY_WAR_RUNNING, WARS,
};

/// Rows of the table that share a body and the beginning of their paths.
struct Section {
    body: &'static str,
    /// The beginning of each path. `[]` stands for each position of a list that has no section of its own.
    prefix: &'static str,
    /// A line for each row: the path, the class and the facts.
    rows: &'static str,
}

const fn section(body: &'static str, prefix: &'static str, rows: &'static str) -> Section {
    Section { body, prefix, rows }
}

const TABLE: &[Section] = &[
    section("key", "", KEY),
    section("owner", "", PROFILE),
    section("owner", "", BATTLE_STATS),
    section("owner", "", PERSONAL_STATS),
    section("player", "", PROFILE),
    section("player", "", PERSONAL_STATS),
    section("faction", "", BASIC),
    section("faction", "", MEMBERS),
    section("faction", "", WARS),
    section("faction", "wars.ranked.", "war_id Id"),
    section("faction", "wars.ranked.", RANKED_WAR_RUNNING),
    section("faction", "wars.territory[].", TERRITORY_WAR_OF_FACTION),
    section("own_tiles", "", "territory List\n territory[] Item"),
    section("own_tiles", "territory[].", TILE),
    section("own_tiles", "territory[].", OWN_TILE),
    section(
        "warfareranked",
        "",
        "_metadata Ignored\n warfareranked List\n warfareranked[] Item",
    ),
    section("warfareranked", "warfareranked[0].", RANKED_WAR_RUNNING),
    section("warfareranked", "warfareranked[].", RANKED_WAR_OVER),
    section(
        "rankedwars",
        "",
        "_metadata Ignored\n rankedwars List\n rankedwars[] Item",
    ),
    section("rankedwars", "rankedwars[0].", RANKED_WAR_RUNNING),
    section("rankedwars", "rankedwars[].", RANKED_WAR_OVER),
    section(
        "warfareterritory",
        "",
        "_metadata Ignored\n warfareterritory List\n warfareterritory[] Item",
    ),
    section(
        "warfareterritory",
        "warfareterritory[0].",
        TERRITORY_WAR_RUNNING,
    ),
    section(
        "warfareterritory",
        "warfareterritory[1].",
        TERRITORY_WAR_RUNNING,
    ),
    section(
        "warfareterritory",
        "warfareterritory[].",
        TERRITORY_WAR_OVER,
    ),
    section(
        "territorywars",
        "",
        "territorywars List\n territorywars[] Item",
    ),
    section("territorywars", "territorywars[].", PAST_TERRITORY_WAR),
    section("rankedwarreport", "", "rankedwarreport Report"),
    section("rankedwarreport", "rankedwarreport.", RANKED_REPORT),
    section("territorywarreport", "", "territorywarreport Report"),
    section(
        "territorywarreport",
        "territorywarreport.",
        TERRITORY_REPORT,
    ),
    section("ownership", "", OWNERSHIP),
    section("rackets", "", RACKETS),
    section(
        "facts",
        "",
        "_metadata Ignored\n territory List\n territory[] Item",
    ),
    section("facts", "territory[].", TILE),
    section("facts", "territory[].", "neighbors Ignored"),
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
    info.access.level RequiredWhole access_level
    info.access.type TextOrDefault access
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
    profile.faction_id FactionOrNone faction
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
    personalstats DailyStats dollars,bucket_at
    personalstats[] DailyStat dollars,bucket_at
    personalstats[].name DailyStat dollars,bucket_at
    personalstats[].value Whole dollars
    personalstats[].timestamp Timestamp bucket_at";

const BASIC: &str = "
    basic Object
    basic.id Subject
    basic.name NameOrEmpty name
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
    territoryOwnership[].owned_by FactionOrNone owner
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
