//! The filters of `export`, and the errors of wrong ones.

use tornsnap::testing::store::Store;

use crate::export::{export, hard};
use crate::support::Sandbox;

/// Arguments of `export`, and the ids of the rows that they choose.
struct Choice {
    arguments: &'static [&'static str],
    ids: &'static str,
}

const CHOICES: &[Choice] = &[
    Choice {
        arguments: &["player_stats_history", "--since", "2026-03-31T12:00:00Z"],
        ids: "1 4",
    },
    Choice {
        arguments: &[
            "player_stats_history",
            "--since",
            "2026-03-31T23:59:59.999Z",
        ],
        ids: "1 4",
    },
    Choice {
        arguments: &[
            "player_stats_history",
            "--since",
            "2026-04-01T00:00:00.001Z",
        ],
        ids: "4",
    },
    Choice {
        arguments: &[
            "player_stats_history",
            "--since",
            "2026-04-01T02:00:00.000+02:00",
        ],
        ids: "1 4",
    },
    Choice {
        arguments: &[
            "player_stats_history",
            "--until",
            "2026-03-31T00:00:00.001Z",
        ],
        ids: "2 3",
    },
    Choice {
        arguments: &[
            "player_stats_history",
            "--until",
            "2026-04-01T00:00:00.000Z",
        ],
        ids: "2 3",
    },
    Choice {
        arguments: &["player_stats_history", "--since", "18h"],
        ids: "1 4",
    },
    Choice {
        arguments: &["player_stats_history", "--since", "2026-04-01 12:00:00"],
        ids: "4",
    },
    Choice {
        arguments: &["player_stats_history", "--since", "2026-04-01 12:00:01Z"],
        ids: "",
    },
    Choice {
        arguments: &["player_stats_history", "--since", "2026-04"],
        ids: "1 4",
    },
    Choice {
        arguments: &[
            "player_stats_history",
            "--since",
            "yesterday",
            "--until",
            "today",
        ],
        ids: "2 3",
    },
    Choice {
        arguments: &["player_stats_history", "--since", "1d"],
        ids: "1 4",
    },
    Choice {
        arguments: &[
            "player_stats_history",
            "--since",
            "1774915200",
            "--until",
            "2026-04-01",
        ],
        ids: "2 3",
    },
    Choice {
        arguments: &["player_stats_history", "--player", "1"],
        ids: "3 1",
    },
    Choice {
        arguments: &[
            "player_stats_history",
            "--player",
            "1,2",
            "--until",
            "2026-03-31T00:00:01Z",
        ],
        ids: "2 3",
    },
    Choice {
        arguments: &[
            "player_stats_history",
            "--player",
            "1",
            "--player",
            "2",
            "--since",
            "2w",
        ],
        ids: "2 3 1 4",
    },
    Choice {
        arguments: &["faction_history", "--faction", "2"],
        ids: "2",
    },
    Choice {
        arguments: &["war_status_history", "--faction", "2"],
        ids: "1 2",
    },
    Choice {
        arguments: &["war_status_history", "--faction", "1"],
        ids: "1",
    },
    Choice {
        arguments: &["war_status_history", "--war", "8"],
        ids: "2",
    },
    Choice {
        arguments: &[
            "territory_ownership_history",
            "--territory",
            "AAB",
            "--since",
            "2026-04-01",
        ],
        ids: "2",
    },
    Choice {
        arguments: &["territory_ownership_summary", "--faction", "2"],
        ids: "1",
    },
    Choice {
        arguments: &[
            "player_stats_history",
            "--since",
            "1970-01-01",
            "--until",
            "1970-01-02",
        ],
        ids: "",
    },
];

#[test]
fn filters_choose_rows() {
    let sandbox = hard();
    for Choice { arguments, ids } in CHOICES {
        let exported = export(&sandbox, &[*arguments, &["--columns", "id"]].concat())
            .expect(0)
            .stdout();

        let found: Vec<&str> = exported.lines().skip(1).collect();
        assert_eq!(found.join(" "), *ids, "{arguments:?}");
    }
}

/// Arguments of `export`, and the error that they give.
struct Refusal {
    arguments: &'static [&'static str],
    error: &'static str,
}

const REFUSALS: &[Refusal] = &[
    Refusal {
        arguments: &["playr_latest"],
        error: "tornsnap: could not export \"playr_latest\"\n  because: there is no such table or view\n  \
             try: did you mean player_latest? `tornsnap export --list` shows all\n",
    },
    Refusal {
        arguments: &["players_latest"],
        error: "tornsnap: could not export \"players_latest\"\n  because: there is no such table or view\n  \
             try: did you mean player_latest? `tornsnap export --list` shows all\n",
    },
    Refusal {
        arguments: &["players_gains"],
        error: "tornsnap: could not export \"players_gains\"\n  because: there is no such table or view\n  \
             try: did you mean player_gains? `tornsnap export --list` shows all\n",
    },
    Refusal {
        arguments: &["all"],
        error: "tornsnap: could not export \"all\"\n  because: there is no such table or view\n  \
             try: `tornsnap export --all --output DIR` writes all of them into a folder\n",
    },
    Refusal {
        arguments: &["zzzzzz"],
        error: "tornsnap: could not export \"zzzzzz\"\n  because: there is no such table or view\n  \
             try: `tornsnap export --list` shows all\n",
    },
    Refusal {
        arguments: &["schema_version", "--columns", "version,aplied_at"],
        error: "tornsnap: could not export the column \"aplied_at\" of schema_version\n  because: there is no such column\n  \
             try: did you mean applied_at? It has: version, applied_at, description\n",
    },
    Refusal {
        arguments: &["schema_version", "--columns", "version,version"],
        error: "tornsnap: could not export the column \"version\" of schema_version twice\n  \
             try: name each column once\n",
    },
    Refusal {
        arguments: &["faction_history", "--player", "1"],
        error: "tornsnap: could not apply --player to faction_history\n  because: it has no column of player_id\n  \
             try: leave --player out; `tornsnap export --list --json` shows the columns of each dataset\n",
    },
    Refusal {
        arguments: &["mine", "--since", "3d"],
        error: "tornsnap: could not apply --since to mine\n  because: it has no column of a time\n  \
             try: leave --since out; `tornsnap export --list --json` shows the columns of each dataset\n",
    },
    Refusal {
        arguments: &["players", "--until", "20261201"],
        error: "tornsnap: could not understand --until\n  because: 20261201 is not a time: as unix seconds it is not \
             between the years 2004 and 2100\n  try: for the day, write 2026-12-01\n",
    },
    Refusal {
        arguments: &["players", "--since", "1774958400000"],
        error: "tornsnap: could not understand --since\n  because: 1774958400000 is not a time: as unix seconds it is \
             not between the years 2004 and 2100\n  try: it looks like milliseconds: for seconds, write 1774958400\n",
    },
    Refusal {
        arguments: &["players", "--since", "tomorrow"],
        error: "tornsnap: could not understand --since\n  because: \"tomorrow\" is not a time\n  try: write 2026-10-31, \
             2026-10, \"2026-10-31 12:00:00\", 2026-10-31T12:00:00Z, unix seconds, today, yesterday, \
             or an age such as 12h, 30d or 2w\n",
    },
    Refusal {
        arguments: &["players", "--since", "0d"],
        error: "tornsnap: could not understand --since\n  because: \"0d\" is no time back from now\n  \
             try: write an age such as 12h, 30d or 2w\n",
    },
    Refusal {
        arguments: &["players", "--since", "1d", "--until", "2d"],
        error: "tornsnap: could not find anything between --since and --until\n  because: --until is not later than --since\n  \
             try: write a later --until: rows from --since on and before --until are written, so October is \
             --since 2026-10 --until 2026-11\n",
    },
    Refusal {
        arguments: &["players", "--format", "jsonl", "--null", "x"],
        error: "tornsnap: could not use --null with the format jsonl\n  because: it says how NULL is written in CSV and in tables\n  \
             try: leave it out, or use --format csv\n",
    },
    Refusal {
        arguments: &["players", "--format", "jsonl", "--delimiter", ";"],
        error: "tornsnap: could not use --delimiter with the format jsonl\n  because: it says how CSV is written\n  \
             try: leave it out, or use --format csv\n",
    },
    Refusal {
        arguments: &["players", "--output", "p.xlsx", "--spreadsheet"],
        error: "tornsnap: could not use --spreadsheet with the format xlsx\n  because: it says how CSV is written\n  \
             try: leave it out, or use --format csv\n",
    },
    Refusal {
        arguments: &["players", "--format", "csv", "--output", "p.csv.gz"],
        error: "tornsnap: could not write p.csv.gz\n  because: exports are not compressed\n  \
             try: leave out the last ending, and compress the file afterwards; or pipe stdout into gzip\n",
    },
    Refusal {
        arguments: &["players", "--null", "a;b", "--delimiter", ";"],
        error: "tornsnap: could not use that text for --null\n  because: it holds a delimiter, a quote or a line break, \
             and NULL is never quoted\n  try: name another text, such as NULL\n",
    },
];

#[test]
fn wrong_names_and_times_are_refused_with_a_hint() {
    let sandbox = hard();

    for Refusal { arguments, error } in REFUSALS {
        let finished = export(&sandbox, arguments).expect(2);

        assert_eq!(finished.stderr(), *error, "{arguments:?}");
        assert_eq!(finished.stdout(), "", "{arguments:?}");
    }
    for arguments in [
        &[][..],
        &["--all"],
        &["players", "--all", "--output", "x"],
        &["players", "--war", "0"],
        &["players", "--delimiter", "1"],
        &["players", "--delimiter", ""],
    ] {
        export(&sandbox, arguments).expect(2);
    }
}

#[test]
fn a_spreadsheet_of_another_format_is_refused_unless_the_format_is_named() {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    for name in ["x.xls", "x.ODS", "x.xlsm"] {
        let refused = sandbox.run(&["export", "players", "-o", name]).expect(2);

        assert!(
            refused.stderr().contains("write x.xlsx"),
            "{}",
            refused.stderr()
        );
        assert!(!sandbox.path(name).exists());
        sandbox
            .run(&["export", "players", "-f", "csv", "-o", name])
            .expect(0);
        assert!(sandbox.path(name).exists());
    }
}

#[test]
fn an_ending_of_a_format_that_is_not_written_is_refused_and_other_names_are_csv() {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    for name in ["x.pdf", "x.html", "x.sql"] {
        let refused = sandbox.run(&["export", "players", "-o", name]).expect(2);

        let remedy = "add --format csv to keep the name";
        assert!(refused.stderr().contains(remedy), "{}", refused.stderr());
        assert!(!sandbox.path(name).exists());
        sandbox
            .run(&["export", "players", "-f", "csv", "-o", name])
            .expect(0);
        assert!(sandbox.path(name).exists());
    }
    for name in ["x", "players.2026-10"] {
        sandbox.run(&["export", "players", "-o", name]).expect(0);
    }
}

#[test]
fn an_export_without_rows_says_why() {
    let sandbox = Sandbox::new();
    drop(Store::create(&sandbox.database()).unwrap());
    for (arguments, why) in [
        (&["players", "--player", "99"][..], "; no row fits --player"),
        (
            &["player_stats_history", "--player", "99", "--since", "30d"],
            "; no row fits --player and --since",
        ),
        (&["players"], "; it has no rows yet"),
        (
            &["player_league"],
            "; it has rows of months that are over and summarized, and there are none yet",
        ),
    ] {
        let arguments = [&["export"], arguments].concat();
        for more in [&[][..], &["-o", "x.csv"]] {
            let stderr = sandbox.run(&[&arguments, more].concat()).expect(0).stderr();

            assert!(stderr.contains(why), "{arguments:?}: {stderr}");
        }
    }
}

#[test]
fn blanks_around_the_commas_of_a_list_do_not_count() {
    let sandbox = hard();
    for (close, spaced) in [
        (
            ["players", "--columns", "name,level"],
            ["players", "--columns", "name, level "],
        ),
        (
            ["players", "--player", "1,2"],
            ["players", "--player", " 1 , 2"],
        ),
        (
            ["factions", "--faction", "1,7"],
            ["factions", "--faction", "1, 7"],
        ),
        (
            ["territories", "--territory", "AAB,AAC"],
            ["territories", "--territory", "AAB, AAC"],
        ),
        (
            ["war_status_history", "--war", "1,2"],
            ["war_status_history", "--war", "1, 2"],
        ),
    ] {
        let run = |arguments: [&str; 3]| {
            let all = [&["export"][..], &arguments].concat();
            sandbox.run(&all).expect(0).stdout()
        };
        assert_eq!(run(spaced), run(close), "{spaced:?}");
    }
}

#[test]
fn an_export_of_a_view_is_not_imported_and_the_table_that_can_be_is_named() {
    let sandbox = hard();
    for spreadsheet in [&[][..], &["--spreadsheet"]] {
        let exported = ["player_latest", "--output", "players.csv"];
        export(&sandbox, &[&exported[..], spreadsheet].concat()).expect(0);

        let refused = sandbox.run(&["import", "players.csv"]).expect(78);

        assert_eq!(
            refused.stderr(),
            "tornsnap: could not import players.csv\n  because: it looks like an export of a view, which cannot be \
             imported: no table has the column \"recorded_at_utc\"; line 1 was taken as the header\n  \
             try: import an export of the table: `export players --output players.csv`\n"
        );
    }
}

#[test]
fn a_day_or_a_month_that_no_calendar_has_is_named_as_such() {
    let sandbox = hard();
    for (text, why) in [
        ("2026-02-30", "there is no such day"),
        ("2026-02-30T12:00:00Z", "there is no such day"),
        ("2026-13", "there is no such month"),
        ("2026-13-01", "there is no such day"),
    ] {
        let refused = sandbox
            .run(&["export", "player_latest", "--since", text])
            .expect(2)
            .stderr();
        let why = format!("because: \"{text}\" is not a time, because {why}\n");
        assert!(refused.contains(&why), "{refused}");
    }
}
