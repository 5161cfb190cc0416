//! A collector that saves answers about players with the code of `fetch`, without a simulated Torn.

use tornsnap::testing::model::{
    Counts, Faction, FactionId, Kind, Member, Player, PlayerId, Profile, Roster,
};
use tornsnap::testing::store::{Batch, Observation, Store};

use crate::support::Sandbox;

/// One answer of Torn.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The profile of a player, and the faction in it.
    Profile(i64, Option<i64>),
    /// The complete roster of a faction.
    Roster(i64, Vec<i64>),
}

/// Saves answers, each with its time, in the database with this name.
pub fn save(sandbox: &Sandbox, name: &str, answers: &[(i64, Answer)]) {
    let Some((first, _)) = answers.first() else {
        return;
    };
    let mut store = Store::open(&sandbox.path(name)).unwrap();
    let batch = Batch {
        run: store.start_run(Kind::Players, *first, None).unwrap(),
        every_poll: false,
    };
    let mut counts = Counts::default();
    for (at, answer) in answers {
        match answer {
            Answer::Profile(player, faction) => {
                let player = observed(*at, profile(*player, *faction));
                store.save_players(&batch, &[player], &mut counts).unwrap();
            }
            Answer::Roster(faction, members) => {
                let faction = observed(*at, roster(*faction, members));
                store
                    .save_factions(&batch, &[faction], &mut counts)
                    .unwrap();
            }
        }
    }
}

fn observed<T>(at: i64, value: T) -> Observation<T> {
    Observation {
        value,
        source: "key".to_owned(),
        at,
    }
}

fn profile(player: i64, faction: Option<i64>) -> Player {
    Player {
        id: PlayerId::new(player).unwrap(),
        profile: Some(Profile {
            name: "Player".to_owned(),
            level: None,
            rank: None,
            faction: faction.map(|id| FactionId::new(id).unwrap()),
            status_state: None,
            status_description: None,
            life_current: None,
            life_maximum: None,
        }),
        battle_stats: None,
        networth: None,
    }
}

fn roster(faction: i64, members: &[i64]) -> Faction {
    let member = |player: &i64| Member {
        id: PlayerId::new(*player).unwrap(),
        name: "Player".to_owned(),
        level: None,
        status_state: None,
        status_description: None,
    };
    Faction {
        id: FactionId::new(faction).unwrap(),
        basic: None,
        roster: Some(Roster {
            members: members.iter().map(member).collect(),
            is_complete: true,
        }),
    }
}
