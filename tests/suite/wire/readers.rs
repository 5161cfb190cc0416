//! Decodes a body as `fetch` does and saves the result. The fuzzer uses this file too.
//!
//! A reader panics if a decoded value is larger than its body allows, or if the database refuses a decoded value.

use std::fmt::Debug;

use serde_json::Value;
use tornsnap::testing::api::Request;
use tornsnap::testing::api::take_selection_errors;
use tornsnap::testing::api::wire::{faction, key, territory, user, war};
use tornsnap::testing::api::{DecodeError, Partitioned};
use tornsnap::testing::config::Error;
use tornsnap::testing::model::Counts;
use tornsnap::testing::model::Kind;
use tornsnap::testing::model::Player;
use tornsnap::testing::model::{Faction, Roster};
use tornsnap::testing::model::{FactionId, PlayerId, WarId};
use tornsnap::testing::model::{RacketState, Tile, TileWar};
use tornsnap::testing::model::{War, WarType};
use tornsnap::testing::store::Rejected;
use tornsnap::testing::store::Store;
use tornsnap::testing::store::{Batch, Observation};

/// The time of every answer, in unix seconds: 2026-04-01 12:00 UTC.
pub const AT: i64 = 1_775_044_800;

/// The ids of the entities in the bodies.
pub const PLAYER: i64 = 1;
pub const FACTION: i64 = 9;
pub const RANKED_WAR: i64 = 101;
pub const TERRITORY_WAR: i64 = 201;

/// A database to save decoded values in.
pub struct Book {
    store: Store,
    batch: Batch,
    counts: Counts,
}

impl Book {
    /// Starts a run in this database.
    pub fn new(mut store: Store) -> Self {
        let run = store
            .start_run(Kind::Players, AT, None)
            .expect("a run starts");
        Self {
            store,
            batch: Batch {
                run,
                every_poll: false,
            },
            counts: Counts::default(),
        }
    }

    fn reject(&mut self, error: &DecodeError, part: &Value) {
        let rejected = Rejected {
            endpoint: "/".to_owned(),
            entity: "-".to_owned(),
            json_path: error.path.clone(),
            error: error.to_string(),
            body: part.to_string(),
        };
        must(self.store.save_rejected(&rejected, AT));
    }

    /// The decoded part. A part with an error is saved as rejected.
    fn part<T: Debug>(&mut self, body: &Value, read: Result<T, DecodeError>) -> Option<T> {
        match read {
            Ok(part) => Some(bounded(body, part)),
            Err(error) => {
                self.reject(&bounded(body, error), body);
                None
            }
        }
    }

    /// The decoded items of a list.
    fn items<T: Debug>(
        &mut self,
        body: &Value,
        read: Result<Partitioned<T>, DecodeError>,
    ) -> Vec<T> {
        let Some(list) = self.part(body, read) else {
            return Vec::new();
        };
        for item in &list.invalid {
            self.reject(&item.error, &item.item);
        }
        list.valid
    }

    fn save_wars(&mut self, wars: Vec<War>) {
        for war in &wars {
            let [Some(attacking), Some(defending)] = [&war.attacking, &war.defending] else {
                panic!("a side is missing: {war:?}");
            };
            assert_ne!(attacking.faction, defending.faction);
            let sides = [attacking.faction, defending.faction];
            assert!(
                war.winner.is_none_or(|winner| sides.contains(&winner)),
                "{war:?}"
            );
        }
        let wars: Vec<_> = wars.into_iter().map(sourced).collect();
        must(self.store.save_wars(&self.batch, &wars, &mut self.counts));
    }

    fn save_tiles(&mut self, tiles: Vec<Tile>) {
        must(
            self.store
                .save_tiles(&self.batch, &sourced(tiles), &mut self.counts),
        );
    }
}

/// `/user/1?selections=profile,battlestats,personalstats`.
pub fn user(book: &mut Book, body: &Value) {
    let id = PlayerId::new(PLAYER).expect("an id");
    let mut body = body.clone();
    let _refused = take_selection_errors(&mut body, Request::key_owner(true).endpoint);
    let _subject = user::profile_id(&body);
    let profile = book.part(&body, user::profile(&body, id));
    let battle_stats = book.part(&body, user::battle_stats(&body)).flatten();
    let networth = book.part(&body, user::networth(&body));
    let player = sourced(Player {
        id,
        profile,
        battle_stats,
        networth,
    });
    must(
        book.store
            .save_players(&book.batch, &[player], &mut book.counts),
    );
}

/// `/faction/9?selections=basic,members,wars`.
pub fn faction(book: &mut Book, body: &Value) {
    let id = FactionId::new(FACTION).expect("an id");
    let mut body = body.clone();
    let _refused = take_selection_errors(&mut body, Request::faction(id, true).endpoint);
    let _subject = faction::faction_id(&body);
    let basic = book.part(&body, faction::basic(&body, id));
    let members = book.part(&body, faction::members(&body));
    let roster = members.map(|members| {
        for item in &members.invalid {
            book.reject(&item.error, &item.item);
        }
        let expected = basic.as_ref().and_then(|basic| basic.member_count);
        Roster {
            is_complete: members.invalid.is_empty()
                && i64::try_from(members.valid.len()).ok() == expected,
            members: members.valid,
        }
    });
    let faction = sourced(Faction { id, basic, roster });
    must(
        book.store
            .save_factions(&book.batch, &[faction], &mut book.counts),
    );
    let wars = war::faction_wars(&body, AT);
    let ranked = book.items(&body, wars.ranked);
    book.save_wars(ranked);
    let territory = book.items(&body, wars.territory);
    book.save_wars(territory);
}

/// `/key/info`.
pub fn key(book: &mut Book, body: &Value) {
    let _facts = book.part(body, key::facts(body));
}

/// The lists of wars: of the whole game, and of the history of one faction.
pub fn wars(book: &mut Book, body: &Value) {
    for (field, war_type) in [
        ("warfareranked", WarType::Ranked),
        ("warfareterritory", WarType::Territory),
        ("rankedwars", WarType::Ranked),
        ("territorywars", WarType::Territory),
    ] {
        let list = war::list(body, field, war_type, AT);
        for item in list.iter().flat_map(|list| &list.invalid) {
            let _known = war::id_of(&item.item);
            let _tile = territory::tile_of(&item.item, "territory");
        }
        let wars = book.items(body, list);
        book.save_wars(wars);
    }
}

/// The reports of one war of each type.
pub fn reports(book: &mut Book, body: &Value) {
    for (war_type, id) in [
        (WarType::Ranked, RANKED_WAR),
        (WarType::Territory, TERRITORY_WAR),
    ] {
        let id = WarId::new(id).expect("an id");
        let report = book
            .part(body, war::report(body, war_type, id, AT))
            .flatten();
        book.save_wars(report.into_iter().collect());
    }
}

/// `/faction/9/territory` and `/torn/territory`.
pub fn territory(book: &mut Book, body: &Value) {
    let owner = FactionId::new(FACTION).ok();
    let facts = book.items(body, territory::facts(body));
    must(book.store.save_tile_facts(&facts, AT));
    let tiles = book.items(body, territory::faction_tiles(body));
    let (facts, rackets): (Vec<_>, Vec<_>) = tiles.into_iter().unzip();
    must(book.store.save_tile_facts(&facts, AT));
    let tiles = facts.iter().zip(rackets).map(|(facts, racket)| Tile {
        id: facts.id,
        owner,
        racket,
        war: Some(TileWar::None),
    });
    let tiles = tiles.collect();
    book.save_tiles(tiles);
}

/// `/faction/rackets`.
pub fn rackets(book: &mut Book, body: &Value) {
    let rackets = book.items(body, territory::rackets(body));
    let tiles = rackets.into_iter().filter_map(|(tile, racket)| {
        Some(Tile {
            id: tile?,
            owner: None,
            racket: RacketState::Present(racket),
            war: None,
        })
    });
    let tiles = tiles.collect();
    book.save_tiles(tiles);
}

/// `/faction/territoryownership`.
pub fn ownership(book: &mut Book, body: &Value) {
    let owners = book.items(body, territory::ownership(body));
    let tiles = owners.into_iter().map(|(id, owner)| Tile {
        id,
        owner,
        racket: RacketState::Unknown,
        war: None,
    });
    let tiles = tiles.collect();
    book.save_tiles(tiles);
}

fn sourced<T>(value: T) -> Observation<T> {
    Observation {
        value,
        source: "alice".to_owned(),
        at: AT,
    }
}

/// Returns the decoded value after a check of its size: a small body never becomes large.
fn bounded<T: Debug>(body: &Value, read: T) -> T {
    let (before, after) = (body.to_string().len(), format!("{read:?}").len());
    assert!(
        after <= 4_000 + 200 * before,
        "{before} bytes became {after}"
    );
    read
}

/// Asserts that the database accepts a decoded value.
fn must<T>(saved: Result<T, Error>) -> T {
    saved.unwrap_or_else(|error| panic!("it is not saved: {}", error.one_line()))
}
