//! API keys as Torn knows them: whose they are and what they may ask.

/// What a key may read.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Access {
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
    pub fn level(self) -> i64 {
        match self {
            Self::Public => 1,
            Self::Minimal => 2,
            Self::Limited => 3,
            Self::Full => 4,
        }
    }

    /// Torn's words for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Public => "Public Only",
            Self::Minimal => "Minimal Access",
            Self::Limited => "Limited Access",
            Self::Full => "Full Access",
        }
    }
}

/// One key that the simulated Torn accepts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Key {
    /// What travels in the `Authorization` header; Torn's have 16 characters.
    pub secret: String,
    /// The player it belongs to.
    pub owner: i64,
    /// What it may read.
    pub access: Access,
    /// Whether the owner's faction lets it read what is private to the faction.
    pub faction_access: bool,
}

impl Key {
    /// A key without access to what is private to its owner's faction.
    pub fn new(secret: impl Into<String>, owner: i64, access: Access) -> Self {
        Self {
            secret: secret.into(),
            owner,
            access,
            faction_access: false,
        }
    }
}
