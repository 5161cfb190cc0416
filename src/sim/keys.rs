//! API keys as Torn knows them: whose they are and what they may ask.

/// How much a key may read.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Access {
    /// The selections that the key lists itself ([`Key::custom`]).
    Custom = 0,
    /// What every player can see.
    Public = 1,
    /// A little about the owner.
    Minimal = 2,
    /// The owner's battle stats too.
    Limited = 3,
    /// Everything.
    Full = 4,
}

impl Access {
    /// Torn's number for it.
    pub(crate) fn level(self) -> i64 {
        match self {
            Self::Custom => 0,
            Self::Public => 1,
            Self::Minimal => 2,
            Self::Limited => 3,
            Self::Full => 4,
        }
    }

    /// Torn's words for it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Custom => "Custom",
            Self::Public => "Public Only",
            Self::Minimal => "Minimal Access",
            Self::Limited => "Limited Access",
            Self::Full => "Full Access",
        }
    }
}

/// The first part of a path: what a question is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::sim) enum Category {
    User,
    Faction,
    Torn,
}

impl Category {
    /// Every selection of the category that the simulator answers.
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
    /// Below `/user`.
    pub user: Vec<String>,
    /// Below `/faction`.
    pub faction: Vec<String>,
    /// Below `/torn`.
    pub torn: Vec<String>,
}

impl Selections {
    /// These selections of the categories user, faction and torn.
    pub fn new(user: &[&str], faction: &[&str], torn: &[&str]) -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            user: owned(user),
            faction: owned(faction),
            torn: owned(torn),
        }
    }
}

/// One key that the simulated Torn accepts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    /// What travels in the `Authorization` header; Torn's have 16 characters.
    pub secret: String,
    /// The player it belongs to.
    pub(crate) owner: i64,
    /// How much it may read.
    pub access: Access,
    /// Whether the owner's faction lets it read what is private to the faction.
    pub(crate) faction_access: bool,
    /// What it may read when its access is [`Access::Custom`].
    pub(crate) custom: Selections,
}

impl Key {
    /// A key without access to what is private to its owner's faction.
    pub fn new(secret: impl Into<String>, owner: i64, access: Access) -> Self {
        Self {
            secret: secret.into(),
            owner,
            access,
            faction_access: false,
            custom: Selections::default(),
        }
    }

    /// A custom key that may read these selections and no others.
    pub fn custom(secret: impl Into<String>, owner: i64, selections: Selections) -> Self {
        Self {
            custom: selections,
            ..Self::new(secret, owner, Access::Custom)
        }
    }

    /// Everything that the key may read.
    pub(crate) fn selections(&self) -> Selections {
        if self.access == Access::Custom {
            return self.custom.clone();
        }
        let mut selections = Selections::new(
            Category::User.all(),
            Category::Faction.all(),
            Category::Torn.all(),
        );
        if !self.reads_private_stats() {
            selections.user.retain(|name| name != "battlestats");
        }
        selections
    }

    /// Whether the access reaches to the owner's own figures. Torn treats a custom key like one with full access.
    pub(in crate::sim) fn reads_private_stats(&self) -> bool {
        self.access == Access::Custom || self.access >= Access::Limited
    }

    /// Whether the simulator has this selection, but not for this key.
    pub(in crate::sim) fn is_refused(&self, category: Category, selection: &str) -> bool {
        let selections = self.selections();
        let readable = match category {
            Category::User => selections.user,
            Category::Faction => selections.faction,
            Category::Torn => selections.torn,
        };
        category.all().contains(&selection) && !readable.iter().any(|name| name == selection)
    }
}
