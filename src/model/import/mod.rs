//! The rules of `import`: how foreign values become ours, and which rows of two histories are changes.

pub(crate) mod cell;
pub(crate) mod datum;
pub(crate) mod digits;
pub(crate) mod form;
pub(crate) mod header;
pub(crate) mod kind;
pub(crate) mod membership;
pub(crate) mod moment;
pub(crate) mod recorder;
pub(crate) mod report;
pub(crate) mod rules;
pub(crate) mod second;
pub(crate) mod sense;
pub(crate) mod tidy;

/// The kind of file that is imported.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum SourceKind {
    /// A database of the Python program that came before tornsnap.
    Plan,
    /// A database of tornsnap, such as that of another collector.
    Tornsnap,
    /// A CSV file as `export` writes it.
    Csv,
}

impl SourceKind {
    /// The name in the JSON report.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Tornsnap => "tornsnap",
            Self::Csv => "csv",
        }
    }

    /// The kind in words.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Plan => "a database of the Python program",
            Self::Tornsnap => "a database of tornsnap",
            Self::Csv => "a CSV file",
        }
    }
}
