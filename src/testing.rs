//! Re-exports for the integration tests and the fuzz targets. This is not a stable API.
//!
//! The rest of the library is `pub(crate)`, so that the compiler finds dead code. Prefer tests that run the program: they
//! need nothing from here.

/// Decoding of Torn's answers.
pub mod api {
    pub use crate::api::error::take_selection_errors;
    pub use crate::api::pages::{PagedBy, Pages};
    pub use crate::api::request::Request;
    pub use crate::api::wire::{DecodeError, Partitioned};

    /// One module for each kind of answer.
    pub mod wire {
        /// Answers about factions.
        pub mod faction {
            pub use crate::api::wire::faction::{basic, faction_id, members};
        }
        /// Answers about keys.
        pub mod key {
            pub use crate::api::wire::key::facts;
        }
        /// Answers about territories.
        pub mod territory {
            pub use crate::api::wire::territory::{
                faction_tiles, facts, ownership, rackets, tile_of,
            };
        }
        /// Answers about players.
        pub mod user {
            pub use crate::api::wire::user::{battle_stats, networth, profile, profile_id};
        }
        /// Answers about wars.
        pub mod war {
            pub use crate::api::wire::war::{faction_wars, id_of, list, report};
        }
    }
}

/// Settings, and the check of the clock.
pub mod config {
    pub use crate::command::clock::refuse_wrong_clock;
    pub use crate::config::{Clock, Overrides, Settings};
    pub use crate::error::{Error, Exit};
}

/// Validated values.
pub mod model {
    pub use crate::model::faction::{Faction, Member, Roster};
    pub use crate::model::id::{FactionId, PlayerId, WarId};
    pub use crate::model::identity::DatabaseId;
    pub use crate::model::key::{ApiKey, unquoted};
    pub use crate::model::kind::Kind;
    pub use crate::model::player::{Player, Profile};
    pub use crate::model::rows::Column;
    pub use crate::model::run::Counts;
    pub use crate::model::size::format_bytes;
    pub use crate::model::territory::{RacketState, Tile, TileFacts, TileWar};
    pub use crate::model::time::{Month, iso, parse_timestamp, parse_timestamp_or_age};
    pub use crate::model::war::{War, WarType};
    pub use crate::model::watch::Unwatched;
}

/// The examples of schedules.
pub mod schedule {
    pub use crate::command::schedule::examples::examples;
}

/// The simulated Torn.
pub mod sim {
    pub use crate::sim::{
        Access, Chaos, DEFAULT_START, DateHeader, Fault, FaultKind, InjectedFault, Key, Links,
        Options, Player, Racket, RankedWar, Selections, Side, Simulator, TerritoryWar, World,
    };
}

/// The database, its locks and its backups.
pub mod store {
    pub use crate::store::identity::identity_of;
    pub use crate::store::lock::Lock;
    pub use crate::store::run::Rejected;
    pub use crate::store::save::{Batch, Observation};
    pub use crate::store::{Depth, Store};

    /// Backups.
    pub mod backup {
        pub use crate::store::backup::{
            BackupOptions, LOCK, Manifest, create, list_backups, newest_backup, verify,
        };
    }
    /// Restoring a backup.
    pub mod restore {
        pub use crate::store::restore::{Locks, replace, stage};
    }
}
