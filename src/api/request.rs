//! Which call asks what: paths and selections, as few calls as Torn allows.

use crate::model::id::{FactionId, PlayerId, WarId};
use crate::model::war::WarType;

/// Tiles on one page of `/faction/territoryownership`.
pub const OWNERSHIP_PAGE: usize = 500;

/// Tiles on one page of `/torn/territory`.
pub const FACTS_PAGE: usize = 250;

/// Wars on one page of the game-wide lists.
pub const WARS_PAGE: usize = 100;

/// The published address: a link may name it while we ask a simulator.
const PUBLISHED: &str = "https://api.torn.com/v2";

/// One call, without the key: it goes into a header, never here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// Path and query, from the first slash; without the `comment`, which the client adds.
    pub target: String,
    /// Whether it reads rows of the category that Torn limits by day.
    pub reads_personalstats: bool,
}

impl Request {
    fn new(target: String) -> Self {
        Self {
            reads_personalstats: target.contains("personalstats"),
            target,
        }
    }

    /// What a key is and may do.
    pub fn key_info() -> Self {
        Self::new("/key/info".to_owned())
    }

    /// A player, as anybody may see them.
    pub fn player(id: PlayerId, with_networth: bool) -> Self {
        Self::new(if with_networth {
            format!("/user/{id}?selections=profile,personalstats&stat=networth")
        } else {
            format!("/user/{id}?selections=profile")
        })
    }

    /// The owner of the key that asks.
    pub fn key_owner(with_networth: bool) -> Self {
        Self::new(if with_networth {
            "/user?selections=profile,battlestats,personalstats&stat=networth".to_owned()
        } else {
            "/user?selections=profile,battlestats".to_owned()
        })
    }

    /// A faction and its roster, with its wars where those are wanted too.
    pub fn faction(id: FactionId, with_wars: bool) -> Self {
        let wars = if with_wars { ",wars" } else { "" };
        Self::new(format!("/faction/{id}?selections=basic,members{wars}"))
    }

    /// The wars that a faction is in.
    pub fn faction_wars(id: FactionId) -> Self {
        Self::new(format!("/faction/{id}?selections=wars"))
    }

    /// The tiles of a faction, with rackets and coordinates.
    pub fn faction_territory(id: FactionId) -> Self {
        Self::new(format!("/faction/{id}/territory"))
    }

    /// All wars of the game of one type, newest first.
    pub fn all_wars(war_type: WarType) -> Self {
        Self::new(match war_type {
            WarType::Ranked => format!("/faction/warfareranked?limit={WARS_PAGE}&sort=DESC"),
            WarType::Territory => format!("/faction/warfareterritory?limit={WARS_PAGE}&sort=DESC"),
        })
    }

    /// How a war ended.
    pub fn war_report(war_type: WarType, id: WarId) -> Self {
        Self::new(match war_type {
            WarType::Ranked => format!("/faction/{id}/rankedwarreport"),
            WarType::Territory => format!("/faction/{id}/territorywarreport"),
        })
    }

    /// The wars that a faction was in, newest first.
    pub fn war_history(war_type: WarType, faction: FactionId) -> Self {
        Self::new(match war_type {
            WarType::Ranked => format!("/faction/{faction}/rankedwars?limit={WARS_PAGE}"),
            WarType::Territory => format!("/faction/{faction}/territorywars"),
        })
    }

    /// The owners of all tiles, a page of them.
    pub fn ownership(offset: usize) -> Self {
        Self::new(format!(
            "/faction/territoryownership?limit={OWNERSHIP_PAGE}&offset={offset}"
        ))
    }

    /// All rackets.
    pub fn rackets() -> Self {
        Self::new("/faction/rackets".to_owned())
    }

    /// What never changes about tiles, a page of them.
    pub fn tile_facts(offset: usize) -> Self {
        Self::new(format!(
            "/torn/territory?limit={FACTS_PAGE}&offset={offset}"
        ))
    }

    /// The page that a link in an answer leads to; `None` when it leads to another host.
    ///
    /// Only its path below `base_url` and its query are used, so that a key can never travel elsewhere.
    pub fn linked(base_url: &str, link: &str, current: &Self) -> Option<Self> {
        let whole = [base_url, PUBLISHED]
            .iter()
            .find_map(|base| link.strip_prefix(base))
            .filter(|rest| rest.starts_with('/'));
        let target = match whole {
            Some(rest) => rest.to_owned(),
            None if link.starts_with('/') && !link.starts_with("//") => {
                let below = link.strip_prefix(path_of(base_url));
                below
                    .filter(|rest| rest.starts_with('/'))
                    .unwrap_or(link)
                    .to_owned()
            }
            // Only a query: another page of the same path.
            None if link.starts_with('?') => {
                let path = current.target.split('?').next().unwrap_or_default();
                format!("{path}{link}")
            }
            None => return None,
        };
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let parts = query.split('&').filter(|part| !part.is_empty());
        if parts.clone().any(|part| part.starts_with("key=")) {
            return None;
        }
        // Torn may repeat our comment: without it the same page has the same target.
        let parts: Vec<&str> = parts.filter(|part| !part.starts_with("comment=")).collect();
        Some(Self::new(if parts.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{}", parts.join("&"))
        }))
    }
}

/// The path of an address, without a slash at its end.
fn path_of(url: &str) -> &str {
    url.split_once("://")
        .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://api.torn.com/v2";

    fn here() -> Request {
        Request::all_wars(WarType::Ranked)
    }

    #[test]
    fn a_link_to_another_host_is_never_followed() {
        for foreign in [
            "https://evil.example/v2/faction/warfareranked?offset=100",
            "https://api.torn.com.evil.example/v2/faction",
            "https://api.torn.com/v2.evil/faction",
            "//evil.example/faction",
            "http://api.torn.com/v2/faction",
            "ftp://x",
            "",
        ] {
            assert_eq!(Request::linked(BASE, foreign, &here()), None, "{foreign}");
        }
    }

    #[test]
    fn a_link_to_the_same_host_becomes_a_path() {
        for link in [
            "https://api.torn.com/v2/faction/warfareranked?limit=100&offset=100",
            "/v2/faction/warfareranked?limit=100&offset=100",
            "/faction/warfareranked?limit=100&offset=100",
            "?limit=100&offset=100",
            "/faction/warfareranked?limit=100&comment=tornsnap&offset=100&comment=tornsnap",
        ] {
            let request = Request::linked(BASE, link, &here()).unwrap();
            assert_eq!(
                request.target,
                "/faction/warfareranked?limit=100&offset=100"
            );
        }
    }
}
