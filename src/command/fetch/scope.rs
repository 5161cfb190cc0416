//! The targets of one invocation.

use std::collections::BTreeSet;

use crate::command::fetch::{Args, KindWord};
use crate::config::{Settings, Territories, Track, Wars};
use crate::error::Result;
use crate::model::id::FactionId;
use crate::model::kind::Kind;
use crate::model::missing;
use crate::store::Store;

/// The targets of one invocation: those of the configuration, narrowed by the flags.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// The kinds, in the order in which they are asked about.
    pub(crate) kinds: Vec<Kind>,
    /// The followed ids, after `--player` and `--faction`.
    pub(crate) track: Track,
    /// Factions that count as ours (`defending`), whatever the flags say.
    pub(crate) ours: BTreeSet<FactionId>,
    /// Whether everything that is followed is asked about.
    pub(crate) is_all: bool,
    /// Whether targets were named on the command line.
    pub(crate) named: bool,
    /// Whether a clock that is behind the newest record is accepted.
    pub(crate) ignore_clock: bool,
}

/// The followed factions, and those of them that are not asked about for a while.
#[derive(Debug, Default)]
pub(super) struct FollowedFactions {
    /// The factions to ask about.
    pub(super) targets: Vec<FactionId>,
    /// Ids that Torn does not know, with the moment of the next try.
    pub(super) resting: Vec<(FactionId, i64)>,
}

impl Scope {
    /// All kinds, as the configuration has it.
    pub(crate) fn everything(settings: &Settings) -> Self {
        Self {
            kinds: Kind::ALL
                .into_iter()
                .filter(|kind| settings.track.follows(*kind))
                .collect(),
            track: settings.track.clone(),
            ours: settings.track.factions.clone(),
            is_all: true,
            named: false,
            ignore_clock: false,
        }
    }

    pub(super) fn new(settings: &Settings, args: &Args) -> Self {
        let named = !args.players.is_empty() || !args.factions.is_empty();
        let mut track = settings.track.clone();
        if named {
            track.players = args.players.iter().copied().collect();
            track.factions = args.factions.iter().copied().collect();
            track.members = true;
            track.wars = Wars::Tracked;
            track.territories = Territories::Tracked;
        }
        // `all` means all that is followed; a kind that was typed is asked about in any case.
        let wanted = |kind: Kind| {
            args.kinds.iter().any(|word| match word.kind() {
                Some(word) => word == kind,
                None => track.follows(kind),
            })
        };
        let kinds = Kind::ALL.into_iter().filter(|kind| wanted(*kind)).collect();
        Self {
            kinds,
            ours: settings.track.factions.clone(),
            track,
            is_all: !named && args.kinds.contains(&KindWord::All),
            named,
            ignore_clock: args.ignore_clock,
        }
    }

    /// The same with the wars that are stored as going on, although nobody in them is followed any more.
    pub(super) fn with_open_ends(&self, store: &Store) -> Result<Self> {
        let mut scope = self.clone();
        if scope.is_all
            && !scope.kinds.contains(&Kind::Wars)
            && !store.unfinished_wars()?.is_empty()
        {
            scope.kinds.push(Kind::Wars);
            scope.kinds.sort_unstable();
        }
        Ok(scope)
    }

    /// The followed factions. Those that Torn does not know are asked about only now and then, unless they are named
    /// on the command line.
    pub(super) fn followed_factions(&self, store: &Store, now: i64) -> Result<FollowedFactions> {
        let mut followed = FollowedFactions::default();
        let misses = if self.named {
            Vec::new()
        } else {
            store.missing_factions()?
        };
        for id in &self.track.factions {
            let rests_until = misses
                .iter()
                .find(|misses| misses.id == id.get())
                .and_then(|misses| missing::rests_until(misses.count, misses.last, true, now));
            match rests_until {
                Some(until) => followed.resting.push((*id, until)),
                None => followed.targets.push(*id),
            }
        }
        Ok(followed)
    }
}
