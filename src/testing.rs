//! The door for the integration tests and the fuzz targets. It is not an API and may change at any time.
//!
//! Everything else in the library is `pub(crate)`, so that the compiler finds dead code. A test that can drive the
//! program instead needs no new line here.

/// Decoding of Torn's answers.
pub mod api {
    pub use crate::api::error::take_selection_errors;
    pub use crate::api::pages::{PagedBy, Pages};
    pub use crate::api::request::Request;
    pub use crate::api::wire::{DecodeError, Partitioned};

    /// One module per kind of answer.
    pub mod wire {
        /// Answers about factions.
        pub mod faction {
            pub use crate::api::wire::faction::{basic, members, subject};
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
            pub use crate::api::wire::user::{battle_stats, networth, profile, subject};
        }
        /// Answers about wars.
        pub mod war {
            pub use crate::api::wire::war::{faction_wars, id_of, list, report};
        }
    }
}

/// Settings, and the checks that stand before every command.
pub mod config {
    pub use crate::command::clock::refuse_wrong_clock;
    pub use crate::config::{Clock, Overrides, Settings};
    pub use crate::error::{Error, Exit};
}

/// Validated values.
pub mod model {
    pub use crate::model::faction::{Faction, Roster};
    pub use crate::model::id::{FactionId, PlayerId, WarId};
    pub use crate::model::identity::DatabaseId;
    pub use crate::model::key::{ApiKey, unquoted};
    pub use crate::model::kind::Kind;
    pub use crate::model::player::Player;
    pub use crate::model::rows::Column;
    pub use crate::model::run::Counts;
    pub use crate::model::size::format_bytes;
    pub use crate::model::territory::{RacketState, Tile, TileFacts, TileWar};
    pub use crate::model::time::{Month, iso, parse_timestamp, parse_timestamp_or_age};
    pub use crate::model::war::{War, WarType};
}

/// The simulated Torn.
pub mod sim {
    pub use crate::sim::{
        Access, Chaos, DEFAULT_START, DateHeader, Fault, FaultKind, Key, Links, Options, Player,
        Racket, RankedWar, Selections, Side, Simulator, Spoilt, TerritoryWar, World,
    };
}

/// The database, its locks and its copies.
pub mod store {
    pub use crate::store::identity::identity_of;
    pub use crate::store::lock::Lock;
    pub use crate::store::run::Rejected;
    pub use crate::store::save::{Batch, Sourced};
    pub use crate::store::{Depth, Store};

    /// Backups.
    pub mod backup {
        pub use crate::store::backup::{LOCK, Manifest, Request, all, newest_of, take, verify};
    }
    /// Restoring a backup.
    pub mod restore {
        pub use crate::store::restore::{Locks, stage, swap};
    }
}
