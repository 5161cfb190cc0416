//! The commands that print data or a report.

/// The exit code of a full disk, and UNKNOWN of monitoring plugins.
pub const IO: i32 = 74;
const UNKNOWN: i32 = 3;

/// A command line with its exit codes when stdout cannot be written.
pub struct Case {
    pub arguments: &'static [&'static str],
    pub on_full_disk: i32,
    /// The reader of a pipe has closed it.
    pub without_reader: i32,
}

impl Case {
    /// A command that succeeds if it can print.
    const fn prints(arguments: &'static [&'static str]) -> Self {
        Self {
            arguments,
            on_full_disk: IO,
            without_reader: 0,
        }
    }

    /// A check for monitoring, whose state is not known if it cannot be printed.
    const fn checks(arguments: &'static [&'static str]) -> Self {
        Self {
            arguments,
            on_full_disk: UNKNOWN,
            without_reader: 0,
        }
    }

    /// A command that fails for its own reason, whether it can print or not.
    const fn fails(arguments: &'static [&'static str], code: i32) -> Self {
        Self {
            arguments,
            on_full_disk: code,
            without_reader: code,
        }
    }
}

/// Every command that prints data or a report, with what it needs to succeed.
pub const CASES: &[Case] = &[
    Case::prints(&["--version"]),
    Case::prints(&["--help"]),
    Case::prints(&["help", "fetch"]),
    Case::prints(&["export", "--help"]),
    Case::prints(&["fetch", "factions", "--plan"]),
    Case::prints(&["fetch", "factions", "--plan", "--json"]),
    Case::prints(&["fetch", "all", "--json"]),
    Case::prints(&["summarize", "--dry-run"]),
    Case::prints(&["summarize", "--dry-run", "--json"]),
    Case::prints(&["summarize", "--json"]),
    Case::prints(&["backup", "--json"]),
    Case::prints(&["backup", "--verify", "latest", "--json"]),
    Case::prints(&["backup", "--verify", "all", "--json"]),
    Case::prints(&["prune", "--dry-run"]),
    Case::prints(&["prune", "--dry-run", "--json"]),
    Case::prints(&["prune", "--json"]),
    Case::prints(&["prune", "--future", "--dry-run", "--json"]),
    Case::prints(&["export", "--list"]),
    Case::prints(&["export", "--list", "--json"]),
    Case::prints(&["export", "factions"]),
    Case::prints(&["export", "factions", "--json"]),
    Case::prints(&[
        "export",
        "factions",
        "--format",
        "jsonl",
        "-o",
        "/dev/stdout",
    ]),
    Case::prints(&["export", "factions", "--json", "-o", "factions.csv"]),
    Case::prints(&["export", "--all", "--json", "-o", "all"]),
    Case::prints(&["restore", "latest", "--yes", "--to", "copy.db", "--json"]),
    Case::prints(&["demo", "--days", "1", "--output", "demo"]),
    Case::prints(&["demo", "--days", "1", "--output", "demo2", "--json"]),
    Case::prints(&[
        "init",
        "--non-interactive",
        "--faction",
        "9",
        "--config",
        "new/tornsnap.toml",
        "--json",
    ]),
    Case::prints(&["completions", "bash"]),
    Case::prints(&["man"]),
    Case::prints(&["man", "--output", "man1", "--json"]),
    Case::checks(&["health"]),
    Case::checks(&["health", "--json"]),
    Case::fails(&["fetch", "nothing", "--json"], 2),
    Case::fails(&["export", "nothing", "--json"], 2),
    Case::fails(
        &["--database", "none.db", "fetch", "factions", "--json"],
        78,
    ),
    Case::fails(&["--config", "none.toml", "health", "--json"], UNKNOWN),
    Case::fails(&["--config", "none.toml", "health"], UNKNOWN),
];
