//! Words that other programs have for commands and values, and what to type here.

/// A word that is no command, and the command to type in its place.
struct Synonym {
    words: &'static [&'static str],
    command: &'static str,
}

const COMMANDS: &[Synonym] = &[
    Synonym {
        words: &[
            "run", "get", "update", "sync", "collect", "poll", "pull", "download", "refresh",
        ],
        command: "tornsnap fetch all",
    },
    Synonym {
        words: &["status", "check", "doctor", "state", "info"],
        command: "tornsnap health",
    },
    Synonym {
        words: &[
            "list", "ls", "view", "views", "tables", "query", "reports", "dump",
        ],
        command: "tornsnap export --list",
    },
    Synonym {
        words: &["verify"],
        command: "tornsnap backup --verify latest",
    },
    Synonym {
        words: &["backups", "recover", "rollback"],
        command: "tornsnap backup --list",
    },
    Synonym {
        words: &["save", "copy"],
        command: "tornsnap backup",
    },
    Synonym {
        words: &["version"],
        command: "tornsnap --version",
    },
    Synonym {
        words: &[
            "start",
            "setup",
            "configure",
            "new",
            "create",
            "key",
            "keys",
        ],
        command: "tornsnap init",
    },
    Synonym {
        words: &["install", "cron", "daemon", "service", "timer", "jobs"],
        command: "tornsnap schedule show",
    },
    Synonym {
        words: &["docs", "doc", "manual", "readme", "usage"],
        command: "tornsnap help",
    },
    Synonym {
        words: &["load", "merge"],
        command: "tornsnap import FILE",
    },
    Synonym {
        words: &["month", "monthly", "summary", "summaries"],
        command: "tornsnap summarize",
    },
    Synonym {
        words: &["clean", "cleanup", "delete", "purge", "vacuum"],
        command: "tornsnap prune --dry-run",
    },
    Synonym {
        words: &["settings"],
        command: "tornsnap config show",
    },
];

/// Commands that a later version is to have, and the command that does the most of it now.
const LATER: &[(&str, &str)] = &[
    ("backfill", "tornsnap import FILE"),
    ("show", "tornsnap export --list"),
    ("report", "tornsnap export --list"),
];

const CONFIG_COMMANDS: &[Synonym] = &[
    Synonym {
        words: &["edit", "set", "where", "file", "open"],
        command: "tornsnap config path",
    },
    Synonym {
        words: &["list", "get", "print", "dump", "view"],
        command: "tornsnap config show",
    },
    Synonym {
        words: &["validate", "verify", "test", "lint"],
        command: "tornsnap config check",
    },
];

/// The values of `export --format`.
const FORMATS: &[(&str, &str)] = &[
    ("excel", "xlsx"),
    ("xls", "xlsx"),
    ("spreadsheet", "xlsx"),
    ("markdown", "md"),
    ("ndjson", "jsonl"),
    ("text", "table"),
    ("txt", "table"),
];

/// The command to type for a word that is no command below `parent`.
pub(super) fn command_for(parent: &str, word: &str) -> Option<&'static str> {
    let known = match parent {
        "config" => CONFIG_COMMANDS,
        "tornsnap" => COMMANDS,
        _ => &[],
    };
    let word = word.to_lowercase();
    known
        .iter()
        .find(|synonym| synonym.words.contains(&word.as_str()))
        .map(|synonym| synonym.command)
}

/// The command to type instead of one that a later version is to have.
pub(super) fn for_later(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    LATER
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, command)| *command)
}

/// The format that a word means.
pub(super) fn format_for(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    FORMATS
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, format)| *format)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn each_command_that_is_suggested_exists_and_no_synonym_is_a_command() {
        let program = Cli::command();
        let config = program.find_subcommand("config").unwrap();
        for (parent, synonyms) in [(&program, COMMANDS), (config, CONFIG_COMMANDS)] {
            for synonym in synonyms {
                for word in synonym.words {
                    assert!(parent.find_subcommand(word).is_none(), "{word}");
                }
                let mut words = synonym.command.split(' ').skip(1);
                let name = words.next().unwrap();
                let is_known = program.find_subcommand(name).is_some();
                assert!(is_known || ["help", "--version"].contains(&name), "{name}");
            }
        }
    }
}
