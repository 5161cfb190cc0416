//! The targets of one invocation.

use std::collections::BTreeSet;

use crate::command::fetch::outcome::NamedBy;
use crate::command::fetch::{Args, KindArg};
use crate::config::{Settings, Territories, Track, Wars};
use crate::error::Result;
use crate::model::id::{FactionId, TerritoryId};
use crate::model::kind::Kind;
use crate::model::missing;
use crate::store::Store;
use crate::store::missing::{Misses, Missing};

/// The targets of one invocation: those of the configuration, or those that the flags name.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// The kinds, in the order in which they are fetched.
    pub(crate) kinds: Vec<Kind>,
    /// The ids to fetch. `--player` and `--faction` replace those of the configuration.
    pub(crate) track: Track,
    /// The factions of the configuration, regardless of the flags. A tile of theirs is `defending` during an assault.
    pub(crate) own_factions: BTreeSet<FactionId>,
    /// Whether everything that is followed is fetched.
    pub(crate) is_everything: bool,
    /// Whether flags named the targets.
    pub(crate) has_named_targets: bool,
    /// Whether a clock that is behind the newest saved time is accepted.
    pub(crate) ignore_clock: bool,
}

/// The followed targets of one kind.
#[derive(Debug)]
pub(super) struct Targets<I> {
    /// The targets to request now.
    pub(super) targets: Vec<I>,
    /// Targets that Torn does not know, with the timestamp of the next request.
    pub(super) deferred: Vec<(I, i64)>,
}

impl<I: Copy + PartialEq> Targets<I> {
    fn new<'a>(ids: impl IntoIterator<Item = &'a I>, misses: &[Misses<I>], now: i64) -> Self
    where
        I: 'a,
    {
        let mut followed = Self {
            targets: Vec::new(),
            deferred: Vec::new(),
        };
        for id in ids {
            let deferred_until = misses
                .iter()
                .find(|misses| misses.id == *id)
                .and_then(|misses| missing::deferred_until(misses.count, misses.last, true, now));
            match deferred_until {
                Some(until) => followed.deferred.push((*id, until)),
                None => followed.targets.push(*id),
            }
        }
        followed
    }
}

/// Sorts the tiles that `[track]` names. Tiles that Torn does not know are deferred.
pub(super) fn followed_tiles(
    tiles: &BTreeSet<TerritoryId>,
    store: &Store,
    now: i64,
) -> Result<Targets<TerritoryId>> {
    Ok(Targets::new(tiles, &store.missing_tiles()?, now))
}

impl Scope {
    /// Everything that the configuration follows.
    pub(crate) fn everything(settings: &Settings) -> Self {
        Self {
            kinds: Kind::ALL
                .into_iter()
                .filter(|kind| settings.track.follows(*kind))
                .collect(),
            track: settings.track.clone(),
            own_factions: settings.track.factions.clone(),
            is_everything: true,
            has_named_targets: false,
            ignore_clock: false,
        }
    }

    pub(super) fn new(settings: &Settings, args: &Args) -> Self {
        let has_named_targets = !args.players.is_empty() || !args.factions.is_empty();
        let mut track = settings.track.clone();
        if has_named_targets {
            track.players = args.players.iter().copied().collect();
            track.factions = args.factions.iter().copied().collect();
            track.members = true;
            track.wars = Wars::Tracked;
            track.territories = Territories::Tracked;
        }
        // `all` means each kind that the configuration follows. A kind that the user names is always fetched.
        let wanted = |kind: Kind| {
            args.kinds.iter().any(|word| match word.kind() {
                Some(word) => word == kind,
                None => track.follows(kind),
            })
        };
        let kinds = Kind::ALL.into_iter().filter(|kind| wanted(*kind)).collect();
        Self {
            kinds,
            own_factions: settings.track.factions.clone(),
            track,
            is_everything: !has_named_targets && args.kinds.contains(&KindArg::All),
            has_named_targets,
            ignore_clock: args.ignore_clock,
        }
    }

    /// The source of the ids to fetch.
    pub(super) fn named_by(&self) -> NamedBy {
        if self.has_named_targets {
            NamedBy::Flags
        } else {
            NamedBy::Configuration
        }
    }

    /// Whether only a roster lists this id, so that neither the configuration nor a flag can correct it.
    pub(super) fn is_only_listed(&self, id: Missing) -> bool {
        matches!(id, Missing::Player(id) if !self.track.players.contains(&id))
    }

    /// Adds the wars if some are stored as unfinished. Without that, a war of factions that are no longer followed
    /// would stay unfinished in the database.
    pub(super) fn with_unfinished_wars(&self, store: &Store) -> Result<Self> {
        let mut scope = self.clone();
        if scope.is_everything
            && !scope.kinds.contains(&Kind::Wars)
            && !store.unfinished_wars()?.is_empty()
        {
            scope.kinds.push(Kind::Wars);
            scope.kinds.sort_unstable();
        }
        Ok(scope)
    }

    /// The followed factions. Factions that Torn does not know are deferred, unless a flag names them.
    pub(super) fn followed_factions(&self, store: &Store, now: i64) -> Result<Targets<FactionId>> {
        let misses = if self.has_named_targets {
            Vec::new()
        } else {
            store.missing_factions()?
        };
        Ok(Targets::new(&self.track.factions, &misses, now))
    }
}
