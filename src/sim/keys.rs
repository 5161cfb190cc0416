//! The API keys that the simulator accepts: owner, access level and readable selections.

/// The access level of a key.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Access {
    /// The selections that the key lists itself ([`Key::custom`]).
    Custom = 0,
    /// Data that every player can see.
    Public = 1,
    /// Public data and the owner's basic private data.
    Minimal = 2,
    /// Also the owner's battle stats.
    Limited = 3,
    /// Everything.
    Full = 4,
}

impl Access {
    /// The level as `/key/info` reports it.
    pub(crate) fn level(self) -> i64 {
        match self {
            Self::Custom => 0,
            Self::Public => 1,
            Self::Minimal => 2,
            Self::Limited => 3,
            Self::Full => 4,
        }
    }

    /// The name as `/key/info` reports it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Custom => "Custom",
            Self::Public => "Public Only",
            Self::Minimal => "Minimal Access",
            Self::Limited => "Limited Access",
            Self::Full => "Full Access",
        }
    }
}

/// The first segment of a request path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Category {
    User,
    Faction,
    Torn,
}

impl Category {
    /// Every selection that the simulator implements.
    fn all(self) -> &'static [&'static str] {
        match self {
            Self::User => &["basic", "battlestats", "personalstats", "profile"],
            Self::Faction => &[
                "basic",
                "members",
                "rackets",
                "rankedwarreport",
                "rankedwars",
                "territory",
                "territoryownership",
                "territorywarreport",
                "territorywars",
                "warfareranked",
                "warfareterritory",
                "wars",
            ],
            Self::Torn => &["territory"],
        }
    }
}

/// The selections that a key may read, by category, as `/key/info` lists them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selections {
    /// Selections of `/user`.
    pub user: Vec<String>,
    /// Selections of `/faction`.
    pub faction: Vec<String>,
    /// Selections of `/torn`.
    pub torn: Vec<String>,
}

impl Selections {
    /// Collects the selections of each category.
    pub fn new(user: &[&str], faction: &[&str], torn: &[&str]) -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            user: owned(user),
            faction: owned(faction),
            torn: owned(torn),
        }
    }
}

/// One API key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    /// The text of the key; Torn's keys have 16 characters.
    pub secret: String,
    /// The player id of the owner.
    pub(crate) owner: i64,
    /// The access level.
    pub access: Access,
    /// The value of `access.faction` in `/key/info`; it changes no answer.
    pub(crate) faction_access: bool,
    /// The readable selections of a key with [`Access::Custom`].
    pub(crate) custom: Selections,
}

impl Key {
    /// A key without faction access.
    pub fn new(secret: impl Into<String>, owner: i64, access: Access) -> Self {
        Self {
            secret: secret.into(),
            owner,
            access,
            faction_access: false,
            custom: Selections::default(),
        }
    }

    /// A custom key that may read only these selections.
    pub fn custom(secret: impl Into<String>, owner: i64, selections: Selections) -> Self {
        Self {
            custom: selections,
            ..Self::new(secret, owner, Access::Custom)
        }
    }

    /// The selections that the key may read.
    pub(crate) fn selections(&self) -> Selections {
        if self.access == Access::Custom {
            return self.custom.clone();
        }
        let mut selections = Selections::new(
            Category::User.all(),
            Category::Faction.all(),
            Category::Torn.all(),
        );
        if !self.may_read_battle_stats() {
            selections.user.retain(|name| name != "battlestats");
        }
        selections
    }

    /// Whether the key may read battle stats. Torn treats a custom key like one with full access.
    pub(crate) fn may_read_battle_stats(&self) -> bool {
        self.access == Access::Custom || self.access >= Access::Limited
    }

    /// Whether the simulator implements this selection and the key may not read it.
    pub(crate) fn is_denied(&self, category: Category, selection: &str) -> bool {
        let selections = self.selections();
        let readable = match category {
            Category::User => selections.user,
            Category::Faction => selections.faction,
            Category::Torn => selections.torn,
        };
        category.all().contains(&selection) && !readable.iter().any(|name| name == selection)
    }
}
