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

/// Every command that prints data or a report, with what it needs to succeed.
pub const CASES: &[Case] = &[
    Case {
        arguments: &["--version"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["--help"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["help", "fetch"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "--help"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["fetch", "factions", "--plan"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["fetch", "factions", "--plan", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["fetch", "all", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["summarize", "--dry-run"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["summarize", "--dry-run", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["summarize", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["backup", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["backup", "--verify", "latest", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["backup", "--verify", "all", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["prune", "--dry-run"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["prune", "--dry-run", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["prune", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["prune", "--future", "--dry-run", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "--list"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "--list", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "factions"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "factions", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &[
            "export",
            "factions",
            "--format",
            "jsonl",
            "-o",
            "/dev/stdout",
        ],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "factions", "--json", "-o", "factions.csv"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["export", "--all", "--json", "-o", "all"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["restore", "latest", "--yes", "--to", "copy.db", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["demo", "--days", "1", "--output", "demo"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["demo", "--days", "1", "--output", "demo2", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &[
            "init",
            "--non-interactive",
            "--faction",
            "9",
            "--config",
            "new/tornsnap.toml",
            "--json",
        ],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["completions", "bash"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["man"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["man", "--output", "man1", "--json"],
        on_full_disk: IO,
        without_reader: 0,
    },
    Case {
        arguments: &["health"],
        on_full_disk: UNKNOWN,
        without_reader: 0,
    },
    Case {
        arguments: &["health", "--json"],
        on_full_disk: UNKNOWN,
        without_reader: 0,
    },
    // The command fails for its own reason.
    Case {
        arguments: &["fetch", "nothing", "--json"],
        on_full_disk: 2,
        without_reader: 2,
    },
    Case {
        arguments: &["export", "nothing", "--json"],
        on_full_disk: 2,
        without_reader: 2,
    },
    Case {
        arguments: &["--database", "none.db", "fetch", "factions", "--json"],
        on_full_disk: 78,
        without_reader: 78,
    },
    Case {
        arguments: &["--config", "none.toml", "health", "--json"],
        on_full_disk: UNKNOWN,
        without_reader: UNKNOWN,
    },
    Case {
        arguments: &["--config", "none.toml", "health"],
        on_full_disk: UNKNOWN,
        without_reader: UNKNOWN,
    },
];
