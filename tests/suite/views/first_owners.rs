//! Tiles that are observed for the first time: whether their owner has just gained them.

use crate::support::torn::{OURS, THEIRS, Torn};
use crate::support::{DAY, NOW, Sandbox};
use crate::views::database;

/// 2026-03-01 and 2026-04-01.
const MARCH: i64 = 1_772_323_200;
const APRIL: i64 = 1_775_001_600;

/// Faction 1 holds AAA when it is first observed on 2026-03-11. On the 13th, its tiles BBB, CCC and DDD are observed for
/// the first time; it has won BBB in a war on the 12th, and CCC in one on the 2nd.
fn new_tiles() -> Sandbox {
    let first = MARCH + 10 * DAY;
    let second = MARCH + 12 * DAY;
    database(&format!(
        "INSERT INTO territories (territory_id, faction_id, last_updated) VALUES
             ('AAA', 1, {second}), ('BBB', 1, {second}), ('CCC', 1, {second}), ('DDD', 1, {second});
         INSERT INTO territory_ownership_history (territory_id, faction_id, war_status, recorded_at) VALUES
             ('AAA', 1, 'none', {first}), ('BBB', 1, 'none', {second}), ('CCC', 1, 'none', {second}), ('DDD', 1, 'none', {second});
         INSERT INTO territory_ownership_summary
             (territory_id, period_start, period_end, faction_id_start, faction_id_end, ownership_changes, days_owned)
             SELECT territory_id, {MARCH}, {APRIL}, 1, 1, 0, 1 FROM territories;
         INSERT INTO war_status_history (war_id, war_type, territory_id, attacking_faction_id, defending_faction_id, status,
             winner_faction_id, started_at, ends_at, recorded_at) VALUES
             (7, 'territory', 'BBB', 1, 2, 'completed', 1, {first}, {second} - 600, {second}),
             (6, 'territory', 'CCC', 1, 2, 'completed', 1, {MARCH}, {MARCH} + $day, {second});"
    ))
}

const TENURE: &str = "SELECT territory_id, is_start_known, won_by, won_from_faction_id, won_war_id FROM territory_tenure \
                      ORDER BY territory_id";
const LEAGUE: &str =
    "SELECT faction_id, tiles_start, tiles_end, gained, lost FROM territory_league";

#[test]
fn without_a_list_of_all_tiles_only_a_war_shows_that_a_new_tile_was_gained() {
    let sandbox = new_tiles();

    assert_eq!(
        sandbox.rows(TENURE),
        ["AAA|0|||", "BBB|1|assault|2|7", "CCC|0|||", "DDD|0|||"]
    );
    assert_eq!(sandbox.rows(LEAGUE), ["1|3|4|1|0"]);
}

#[test]
fn a_tile_that_was_not_on_an_earlier_list_of_all_tiles_was_gained() {
    let sandbox = new_tiles();
    sandbox
        .sqlite()
        .execute_batch(&format!(
            "INSERT INTO faction_tile_polls VALUES (1, {MARCH} + 10 * {DAY}, {MARCH} + 12 * {DAY}, 0)"
        ))
        .unwrap();

    assert_eq!(
        sandbox.rows(TENURE),
        [
            "AAA|0|||",
            "BBB|1|assault|2|7",
            "CCC|1|unknown||",
            "DDD|1|unknown||"
        ]
    );
    assert_eq!(sandbox.rows(LEAGUE), ["1|1|4|3|0"]);
}

#[test]
fn changes_are_exported_by_their_time_and_by_either_faction() {
    let sandbox = new_tiles();
    let export = |more: &[&str]| {
        let columns = "territory_id,from_faction_id,to_faction_id,how,war_id";
        let arguments = [&["export", "territory_changes", "--columns", columns], more].concat();
        sandbox.run(&arguments).expect(0).stdout()
    };
    let header = "territory_id,from_faction_id,to_faction_id,how,war_id\n";
    let change = format!("{header}BBB,2,1,assault,7\n");

    for more in [
        &["--faction", "1"][..],
        &["--faction", "2", "--since", "2026-03", "--until", "2026-04"],
        &["--territory", "BBB"],
    ] {
        assert_eq!(export(more), change, "{more:?}");
    }
    assert_eq!(export(&["--since", "2026-04"]), header);
    assert_eq!(export(&["--faction", "3"]), header);
}

/// Our faction is followed on 2026-04-01 with AAB, and again after a gap with AAB and AAC. `gap` fetches meanwhile, at a
/// time of its choice. Returns the changes and the league of the months.
fn won_in_a_gap(gap: impl Fn(&Torn), end_of_gap: i64) -> (Vec<String>, Vec<String>) {
    let torn = Torn::new();
    torn.edit(|world| {
        world.pin_tile("AAB").owner = Some(OURS);
        world.pin_tile("AAC").owner = Some(THEIRS);
        world.pin_tile("AAD").owner = Some(THEIRS);
    });
    follow(&torn, &[OURS]);
    torn.fetch_at(NOW, &["territories"]).expect(0);
    gap(&torn);
    torn.edit(|world| world.pin_tile("AAC").owner = Some(OURS));
    follow(&torn, &[OURS]);
    torn.fetch_at(end_of_gap, &["territories"]).expect(0);
    torn.edit(|world| world.pin_tile("AAD").owner = Some(OURS));
    torn.fetch_at(end_of_gap + DAY, &["territories"]).expect(0);
    torn.sandbox
        .run_at(NOW + 40 * DAY, &["summarize"])
        .expect(0);
    (
        torn.rows("SELECT territory_id, how FROM territory_changes ORDER BY territory_id"),
        torn.rows("SELECT tiles_start, tiles_end, gained, lost FROM territory_league"),
    )
}

fn follow(torn: &Torn, factions: &[i64]) {
    torn.follow(&format!("[track]\nfactions = {factions:?}\n"));
}

#[test]
fn a_tile_that_was_won_while_its_faction_was_not_followed_counts_as_held() {
    let (changes, league) = won_in_a_gap(
        |torn| {
            follow(torn, &[]);
            torn.fetch_at(NOW + 3600, &["territories"]).expect(0);
        },
        NOW + 2 * 3600,
    );

    assert_eq!(changes, ["AAD|unknown"]);
    assert_eq!(league, ["2|3|1|0"]);
}

#[test]
fn a_tile_that_was_won_while_nothing_was_fetched_counts_as_held() {
    let (changes, league) = won_in_a_gap(|_| (), NOW + 4 * DAY);

    assert_eq!(changes, ["AAD|unknown"]);
    assert_eq!(league, ["2|3|1|0"]);
}

#[test]
fn a_tile_that_was_won_between_two_lists_counts_as_gained() {
    let fetch_others = |torn: &Torn| {
        torn.fetch_at(NOW + 3600, &["territories", "--faction", "20"])
            .expect(0);
    };
    for gap in [&(|_: &Torn| ()) as &dyn Fn(&Torn), &fetch_others] {
        let (changes, league) = won_in_a_gap(gap, NOW + DAY);

        assert!(changes.contains(&"AAC|unknown".to_owned()), "{changes:?}");
        assert!(league.contains(&"1|3|2|0".to_owned()), "{league:?}");
    }
}
