//! The requests to Torn: path, selections and page, without the key.

use crate::model::id::{FactionId, PlayerId, TerritoryId, WarId};
use crate::model::key::Category;
use crate::model::war::WarType;

/// Tiles on one page of `/faction/territoryownership`.
pub(crate) const OWNERSHIP_PAGE: usize = 500;

/// Tiles on one page of `/torn/territory`.
pub(crate) const FACTS_PAGE: usize = 250;

/// Wars on one page of a war list.
pub(crate) const WARS_PAGE: usize = 100;

/// Torn's base URL. Links may start with it even if the configured base URL is another one.
const PUBLISHED: &str = "https://api.torn.com/v2";

/// One request. The key is not part of it: the client sends it in a header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// The path below the base URL, and the query. The client adds the parameter `comment`.
    pub target: String,
    /// The category and the selections.
    pub endpoint: Endpoint,
}

/// The category and the selections of a call, without ids and pages. Access, closed endpoints and refusals are recorded
/// per endpoint.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Endpoint {
    /// `None` if every key has access.
    pub(crate) category: Option<Category>,
    /// The names that Torn uses.
    pub(crate) selections: &'static [&'static str],
}

impl Endpoint {
    const fn user(selections: &'static [&'static str]) -> Self {
        Self {
            category: Some(Category::User),
            selections,
        }
    }

    const fn faction(selections: &'static [&'static str]) -> Self {
        Self {
            category: Some(Category::Faction),
            selections,
        }
    }

    /// Whether the call counts against the daily limit of personalstats.
    pub(crate) fn reads_personalstats(self) -> bool {
        self.selections.contains(&"personalstats")
    }

    /// The endpoint with this selection only. Unchanged if it does not contain the selection.
    #[must_use]
    pub(crate) fn only(self, selection: &str) -> Self {
        let position = self.selections.iter().position(|known| *known == selection);
        Self {
            selections: position.map_or(self.selections, |at| &self.selections[at..=at]),
            ..self
        }
    }

    /// Whether this endpoint contains all selections of the other.
    pub(crate) fn includes(self, other: Self) -> bool {
        self.category == other.category
            && other
                .selections
                .iter()
                .all(|selection| self.selections.contains(selection))
    }
}

impl Request {
    fn new(target: String, endpoint: Endpoint) -> Self {
        Self { target, endpoint }
    }

    /// The owner, the level and the rights of a key.
    pub(crate) fn key_info() -> Self {
        let endpoint = Endpoint {
            category: None,
            selections: &["info"],
        };
        Self::new("/key/info".to_owned(), endpoint)
    }

    /// The public data of a player, optionally with the networth.
    pub(crate) fn player(id: PlayerId, with_networth: bool) -> Self {
        if with_networth {
            Self::new(
                format!("/user/{id}?selections=profile,personalstats&stat=networth"),
                Endpoint::user(&["profile", "personalstats"]),
            )
        } else {
            Self::new(
                format!("/user/{id}?selections=profile"),
                Endpoint::user(&["profile"]),
            )
        }
    }

    /// The data of the key's owner, with the battle stats, and optionally with the networth.
    pub fn key_owner(with_networth: bool) -> Self {
        if with_networth {
            Self::new(
                "/user?selections=profile,battlestats,personalstats&stat=networth".to_owned(),
                Endpoint::user(&["profile", "battlestats", "personalstats"]),
            )
        } else {
            Self::new(
                "/user?selections=profile,battlestats".to_owned(),
                Endpoint::user(&["profile", "battlestats"]),
            )
        }
    }

    /// The battle stats of the key's owner, for a key without access to anything else.
    pub(crate) fn own_battle_stats() -> Self {
        Self::new(
            "/user?selections=battlestats".to_owned(),
            Endpoint::user(&["battlestats"]),
        )
    }

    /// A faction and its roster, optionally with its wars.
    pub fn faction(id: FactionId, with_wars: bool) -> Self {
        if with_wars {
            Self::new(
                format!("/faction/{id}?selections=basic,members,wars"),
                Endpoint::faction(&["basic", "members", "wars"]),
            )
        } else {
            Self::new(
                format!("/faction/{id}?selections=basic,members"),
                Endpoint::faction(&["basic", "members"]),
            )
        }
    }

    /// The current wars of a faction.
    pub(crate) fn faction_wars(id: FactionId) -> Self {
        Self::new(
            format!("/faction/{id}?selections=wars"),
            Endpoint::faction(&["wars"]),
        )
    }

    /// The tiles of a faction, with rackets and coordinates.
    pub(crate) fn faction_territory(id: FactionId) -> Self {
        Self::new(
            format!("/faction/{id}/territory"),
            Endpoint::faction(&["territory"]),
        )
    }

    /// The first page of all wars of one type in the game, newest first.
    pub fn all_wars(war_type: WarType) -> Self {
        match war_type {
            WarType::Ranked => Self::new(
                format!("/faction/warfareranked?limit={WARS_PAGE}&sort=DESC"),
                Endpoint::faction(&["warfareranked"]),
            ),
            WarType::Territory => Self::new(
                format!("/faction/warfareterritory?limit={WARS_PAGE}&sort=DESC"),
                Endpoint::faction(&["warfareterritory"]),
            ),
        }
    }

    /// The report of a finished war.
    pub(crate) fn war_report(war_type: WarType, id: WarId) -> Self {
        match war_type {
            WarType::Ranked => Self::new(
                format!("/faction/{id}/rankedwarreport"),
                Endpoint::faction(&["rankedwarreport"]),
            ),
            WarType::Territory => Self::new(
                format!("/faction/{id}/territorywarreport"),
                Endpoint::faction(&["territorywarreport"]),
            ),
        }
    }

    /// The first page of the wars that a faction was in, newest first.
    pub(crate) fn war_history(war_type: WarType, faction: FactionId) -> Self {
        match war_type {
            WarType::Ranked => Self::new(
                format!("/faction/{faction}/rankedwars?limit={WARS_PAGE}"),
                Endpoint::faction(&["rankedwars"]),
            ),
            WarType::Territory => Self::new(
                format!("/faction/{faction}/territorywars?limit={WARS_PAGE}&sort=DESC"),
                Endpoint::faction(&["territorywars"]),
            ),
        }
    }

    /// The first page of the owners of all tiles.
    pub fn ownership() -> Self {
        Self::new(
            format!("/faction/territoryownership?limit={OWNERSHIP_PAGE}&offset=0"),
            Endpoint::faction(&["territoryownership"]),
        )
    }

    pub(crate) fn rackets() -> Self {
        Self::new(
            "/faction/rackets".to_owned(),
            Endpoint::faction(&["rackets"]),
        )
    }

    /// The first page of the facts about all tiles. They rarely change.
    pub(crate) fn tile_facts() -> Self {
        let endpoint = Endpoint {
            category: Some(Category::Torn),
            selections: &["territory"],
        };
        Self::new(
            format!("/torn/territory?limit={FACTS_PAGE}&offset=0"),
            endpoint,
        )
    }

    /// The facts about these tiles, at most [`FACTS_PAGE`] of them. Torn leaves out the tiles that it does not know.
    pub(crate) fn tiles(ids: &[TerritoryId]) -> Self {
        let ids: Vec<&str> = ids.iter().map(TerritoryId::as_str).collect();
        let ids = ids.join(",");
        Self {
            target: format!("/torn/territory?ids={ids}&limit={FACTS_PAGE}"),
            ..Self::tile_facts()
        }
    }

    /// The path without the query. It is the same for all pages of a list.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The value of a parameter in the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        parameters(&self.target).find_map(|(found, value)| (found == name).then_some(value))
    }

    /// This request with other values for some parameters.
    #[must_use]
    pub fn with(&self, changes: &[(&str, &str)]) -> Self {
        let kept = parameters(&self.target)
            .filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        let query: Vec<String> = kept
            .chain(changes.iter().copied())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        Self::new(
            format!("{}?{}", self.path(), query.join("&")),
            self.endpoint,
        )
    }

    #[cfg(test)]
    pub(crate) fn without(&self, name: &str) -> Self {
        let kept: Vec<String> = parameters(&self.target)
            .filter(|(found, _)| *found != name)
            .map(|(found, value)| format!("{found}={value}"))
            .collect();
        Self::new(format!("{}?{}", self.path(), kept.join("&")), self.endpoint)
    }

    /// The request for a link in a response, or `None` if the link leads to another host or is not a valid URL.
    ///
    /// Only its path below `base_url` and its query are used, so that a key is never sent to another host.
    pub fn linked(&self, base_url: &str, link: &str) -> Option<Self> {
        if !link.bytes().all(is_url_byte) {
            return None;
        }
        let below_base = [base_url, PUBLISHED]
            .iter()
            .find_map(|base| link.strip_prefix(base))
            .filter(|rest| rest.starts_with('/'));
        let target = match below_base {
            Some(rest) => rest.to_owned(),
            None if link.starts_with('/') && !link.starts_with("//") => {
                let below = link.strip_prefix(path_of(base_url));
                below
                    .filter(|rest| rest.starts_with('/'))
                    .unwrap_or(link)
                    .to_owned()
            }
            // The link has only a query: another page of the same path.
            None if link.starts_with('?') => format!("{}{link}", self.path()),
            None => return None,
        };
        if parameters(&target).any(|(name, _)| name == "key") {
            return None;
        }
        let path = target.split('?').next().unwrap_or_default();
        // Torn may copy our `comment` into links. Remove it, so that equal pages have equal targets.
        let query: Vec<String> = parameters(&target)
            .filter(|(name, _)| *name != "comment")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let target = match query.join("&").as_str() {
            "" => path.to_owned(),
            query => format!("{path}?{query}"),
        };
        Some(Self::new(target, self.endpoint))
    }

    /// A string that is equal for equal pages. It does not depend on the order or the case of the parameters.
    pub fn page_key(&self) -> String {
        let mut parts: Vec<String> = parameters(&self.target)
            .map(|(name, value)| format!("{name}={}", value.to_lowercase()))
            .collect();
        parts.sort_unstable();
        format!("{}?{}", self.path(), parts.join("&"))
    }
}

/// The parameters of a query, without percent-decoding.
fn parameters(target: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// Whether RFC 3986 allows a byte in a path or a query.
fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()*+,;=%".contains(&byte)
}

/// The path of a URL, from its first slash.
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
    fn a_link_to_another_host_or_an_invalid_link_is_not_followed() {
        for foreign in [
            "https://evil.example/v2/faction/warfareranked?offset=100",
            "https://api.torn.com.evil.example/v2/faction",
            "https://api.torn.com/v2.evil/faction",
            "//evil.example/faction",
            "http://api.torn.com/v2/faction",
            "ftp://x",
            "",
            "?to=1 HTTP/1.1\r\nHost: evil.example",
            "?to=5#x",
            "/faction/warfareranked?to=\u{e9}",
        ] {
            assert_eq!(here().linked(BASE, foreign), None, "{foreign}");
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
            let request = here().linked(BASE, link).unwrap();
            assert_eq!(
                request.target,
                "/faction/warfareranked?limit=100&offset=100"
            );
        }
    }

    #[test]
    fn a_parameter_is_replaced_and_not_repeated() {
        let older = here().with(&[("to", "5"), ("sort", "ASC")]);

        assert_eq!(
            older.target,
            "/faction/warfareranked?limit=100&to=5&sort=ASC"
        );
        assert_eq!(older.with(&[("to", "4")]).parameter("to"), Some("4"));
    }
}
