//! Which rows and columns come, and which wishes are refused.

use crate::export::{export, hard};

#[test]
fn filters_choose_rows() {
    let sandbox = hard();
    for (arguments, expected) in [
        (
            &["player_stats_history", "--since", "2026-03-31T12:00:00Z"][..],
            "1 4",
        ),
        (&["player_stats_history", "--since", "18h"], "1 4"),
        (
            &["player_stats_history", "--since", "2026-04-01 12:00:00"],
            "4",
        ),
        (
            &["player_stats_history", "--since", "2026-04-01 12:00:01Z"],
            "",
        ),
        (&["player_stats_history", "--since", "2026-04"], "1 4"),
        (
            &[
                "player_stats_history",
                "--since",
                "yesterday",
                "--until",
                "today",
            ],
            "2 3",
        ),
        (&["player_stats_history", "--since", "1d"], "1 4"),
        (
            &[
                "player_stats_history",
                "--since",
                "1774915200",
                "--until",
                "2026-04-01",
            ],
            "2 3",
        ),
        (&["player_stats_history", "--player", "1"], "3 1"),
        (
            &[
                "player_stats_history",
                "--player",
                "1,2",
                "--until",
                "2026-03-31T00:00:01Z",
            ],
            "2 3",
        ),
        (
            &[
                "player_stats_history",
                "--player",
                "1",
                "2",
                "--since",
                "2w",
            ],
            "2 3 1 4",
        ),
        (&["faction_history", "--faction", "2"], "2"),
        (&["war_status_history", "--faction", "2"], "1 2"),
        (&["war_status_history", "--faction", "1"], "1"),
        (&["war_status_history", "--war", "8"], "2"),
        (
            &[
                "territory_ownership_history",
                "--territory",
                "AAB",
                "--since",
                "2026-04-01",
            ],
            "2",
        ),
        (&["territory_ownership_summary", "--faction", "2"], "1"),
        (
            &[
                "player_stats_history",
                "--since",
                "1970-01-01",
                "--until",
                "1970-01-02",
            ],
            "",
        ),
    ] {
        let mut ids = export(&sandbox, &[arguments, &["--columns", "id"]].concat())
            .expect(0)
            .stdout();

        ids = ids.lines().skip(1).collect::<Vec<_>>().join(" ");
        assert_eq!(ids, expected, "{arguments:?}");
    }
}

#[test]
fn wrong_names_and_times_are_refused_with_a_hint() {
    let sandbox = hard();

    for (arguments, error) in [
        (
            &["playr_latest"][..],
            "tornsnap: could not export \"playr_latest\"\n  because: there is no such table or view\n  \
             try: did you mean player_latest? `tornsnap export --list` shows all\n",
        ),
        (
            &["zzzzzz"],
            "tornsnap: could not export \"zzzzzz\"\n  because: there is no such table or view\n  \
             try: `tornsnap export --list` shows all\n",
        ),
        (
            &["schema_version", "--columns", "version,aplied_at"],
            "tornsnap: could not export the column \"aplied_at\" of schema_version\n  because: there is no such column\n  \
             try: did you mean applied_at? It has: version, applied_at, description\n",
        ),
        (
            &["schema_version", "--columns", "version,version"],
            "tornsnap: could not export the column \"version\" of schema_version twice\n  \
             try: name each column once\n",
        ),
        (
            &["faction_history", "--player", "1"],
            "tornsnap: could not apply --player to faction_history\n  because: it has no column of player_id\n  \
             try: leave --player out; `tornsnap export --list --json` shows the columns of each dataset\n",
        ),
        (
            &["mine", "--since", "3d"],
            "tornsnap: could not apply --since to mine\n  because: it has no column of a time\n  \
             try: leave --since out; `tornsnap export --list --json` shows the columns of each dataset\n",
        ),
        (
            &["players", "--since", "tomorrow"],
            "tornsnap: could not understand --since\n  because: \"tomorrow\" is not a time: write 2026-10-31, \
             2026-10-31T12:00:00Z, \"2026-10-31 12:00:00\", 2026-10, yesterday, unix seconds, \
             or an age such as 12h, 30d or 2w\n",
        ),
        (
            &["players", "--since", "1d", "--until", "2d"],
            "tornsnap: could not find anything between --since and --until\n  because: --until is not later than --since\n  \
             try: swap them; rows from --since on and before --until are written\n",
        ),
        (
            &["players", "--format", "jsonl", "--null", "x"],
            "tornsnap: could not use --spreadsheet or --null with JSON\n  because: they say how CSV is written\n  \
             try: leave them out, or use --format csv\n",
        ),
        (
            &["players", "--format", "jsonl", "--delimiter", ";"],
            "tornsnap: could not use --delimiter with JSON\n  because: it says how CSV is written\n  \
             try: leave it out, or use --format csv\n",
        ),
        (
            &["players", "--null", "a;b", "--delimiter", ";"],
            "tornsnap: could not use that text for --null\n  because: it holds a delimiter, a quote or a line break, \
             and NULL is never quoted\n  try: name another text, such as NULL\n",
        ),
    ] {
        let finished = export(&sandbox, arguments).expect(2);

        assert_eq!(finished.stderr(), error, "{arguments:?}");
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
