//! A prune while the clock was ahead is too early: its rows are found in a backup, and come back by an import.

use std::fs;

use serde_json::Value;

use super::HISTORIES;
use crate::health::check;
use crate::import::facts;
use crate::month_model::{IN_APRIL, prune, summaries, summarize, with_steady_history_at};
use crate::support::{DAY, MINUTE, Sandbox};

/// Gives the states the newest values of the histories, as `fetch` does.
const NEWEST_STATES: &str = "
    UPDATE players SET
        level = (SELECT level FROM player_stats_history AS h
            WHERE h.player_id = players.player_id AND level IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
        life_maximum = (SELECT life_maximum FROM player_stats_history AS h
            WHERE h.player_id = players.player_id AND life_maximum IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1);
    UPDATE factions SET
        respect = (SELECT respect FROM faction_history AS h
            WHERE h.faction_id = factions.faction_id AND respect IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
        member_count = (SELECT member_count FROM faction_history AS h
            WHERE h.faction_id = factions.faction_id AND member_count IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1),
        best_chain = (SELECT best_chain FROM faction_history AS h
            WHERE h.faction_id = factions.faction_id AND best_chain IS NOT NULL ORDER BY timestamp DESC, id DESC LIMIT 1);";

/// A database that never saw a wrong clock, and the same after a daily job under a clock that was ahead.
pub(super) struct Story {
    pub(super) sandbox: Sandbox,
    /// The backup that was made with the wrong clock, before the prune.
    pub(super) backup: String,
    /// Whether each database has an archive that `prune` moves rows to.
    has_archives: bool,
}

impl Story {
    /// The text of the manifest of the backup with the rows.
    pub(super) fn manifest(&self) -> String {
        let name = format!("backups/{}.json", self.backup);
        fs::read_to_string(self.sandbox.path(&name)).unwrap()
    }

    /// Removes the backup with the rows.
    pub(super) fn remove_backup(&self) {
        let file = self.sandbox.path("backups").join(&self.backup);
        fs::remove_file(file.with_extension("db.json")).unwrap();
        fs::remove_file(file).unwrap();
    }

    /// `was_pruned`: whether the database was pruned with the right clock before.
    pub(super) fn new(lead: i64, was_pruned: bool) -> Self {
        let story = Self::before(IN_APRIL, was_pruned, false);
        story.with_wrong_clock(IN_APRIL + lead)
    }

    /// The same with the archives `cold-right.db` and `cold-wrong.db`.
    pub(super) fn with_archives(lead: i64, was_pruned: bool) -> Self {
        let story = Self::before(IN_APRIL, was_pruned, true);
        story.with_wrong_clock(IN_APRIL + lead)
    }

    /// Rows of the time up to `now`, in the middle of a month. The clock is so far ahead that they are old.
    pub(super) fn in_middle_of_month(now: i64) -> Self {
        let story = Self::before(now, false, false);
        story.with_wrong_clock(now + 100 * DAY)
    }

    /// The clock steps back by a minute between the backup and the prune.
    pub(super) fn with_step_back(lead: i64) -> Self {
        let story = Self::before(IN_APRIL, false, false);
        let wrong = IN_APRIL + lead;
        story.with_jobs_at(wrong + MINUTE, wrong)
    }

    fn before(now: i64, was_pruned: bool, has_archives: bool) -> Self {
        let story = Self {
            sandbox: Sandbox::new(),
            backup: String::new(),
            has_archives,
        };
        let sandbox = &story.sandbox;
        // An import would leave out the rows that repeat known values.
        sandbox.write("tornsnap.toml", "[history]\nrecord = \"every-poll\"\n");
        for name in ["right.db", "wrong.db"] {
            let connection = with_steady_history_at(sandbox, name);
            for (table, time) in HISTORIES {
                let later = format!("DELETE FROM {table} WHERE {time} > {now}");
                connection.execute(&later, []).unwrap();
            }
            connection.execute_batch(NEWEST_STATES).unwrap();
            drop(connection);
            summarize(sandbox, now, name, &[]);
            if was_pruned {
                story.prune(now, name);
            }
        }
        story
    }

    /// Deletes the old rows, or moves them to the archive.
    pub(super) fn prune(&self, now: i64, name: &str) {
        let archive = format!("cold-{name}");
        let flags = ["--ignore-clock", "--archive", &archive];
        let flags = if self.has_archives { &flags[..] } else { &[] };
        prune(&self.sandbox, now, name, flags).expect(0);
    }

    /// The daily jobs of two days.
    fn with_wrong_clock(self, wrong: i64) -> Self {
        let story = self.with_jobs_at(wrong, wrong);
        // A later backup has lost the rows, too.
        story.run(wrong + DAY, &["backup"]);
        story
    }

    /// The daily jobs of one day.
    fn with_jobs_at(self, backup_at: i64, wrong: i64) -> Self {
        let report = self.run(backup_at, &["backup"]);
        let backup = report["backup"]["file"].as_str().unwrap();
        let backup = backup.rsplit('/').next().unwrap().to_owned();
        summarize(&self.sandbox, wrong, "wrong.db", &[]);
        self.prune(wrong, "wrong.db");
        Self { backup, ..self }
    }

    /// The report of a command about the database that saw the wrong clock.
    pub(super) fn run(&self, now: i64, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json", "--database", "wrong.db"]].concat();
        self.sandbox.run_at(now, &arguments).json()
    }

    pub(super) fn check(&self, id: &str) -> Option<Value> {
        let report = self.run(IN_APRIL, &["health"]);
        check(&report, id).cloned()
    }

    pub(super) fn contents(&self, name: &str) -> (Vec<String>, Vec<String>) {
        let connection = rusqlite::Connection::open(self.sandbox.path(name)).unwrap();
        (facts(&connection), summaries(&connection))
    }
}

/// The rows and summaries that only one of two databases has, or that one has more often.
pub(super) fn difference(
    left: &(Vec<String>, Vec<String>),
    right: &(Vec<String>, Vec<String>),
) -> Vec<String> {
    let all = |(rows, summaries): &(Vec<String>, Vec<String>)| [&rows[..], summaries].concat();
    let (left, right) = (all(left), all(right));
    let only = |mark: &str, these: &[String], others: &[String]| -> Vec<String> {
        let times = |lines: &[String], line: &String| lines.iter().filter(|&l| l == line).count();
        let only = these
            .iter()
            .filter(|line| times(others, line) < times(these, line));
        only.map(|line| format!("{mark} {line}")).collect()
    };
    [only("-", &left, &right), only("+", &right, &left)].concat()
}

#[test]
fn rows_that_were_pruned_too_early_come_back_by_an_import_of_the_backup_that_has_them() {
    for (lead, was_pruned) in [(70 * DAY, false), (70 * DAY, true), (300 * DAY, true)] {
        let story = Story::new(lead, was_pruned);
        let right = story.contents("right.db");
        let lost = right.0.len() - story.contents("wrong.db").0.len();
        assert!(lost > 50, "{lost}");

        let removed = story.run(IN_APRIL, &["prune", "--future"]);

        let early = &removed["pruned_early"];
        let file = early["backup"].as_str().unwrap();
        assert!(file.ends_with(&story.backup), "{removed}");
        assert!(early["rows"].as_i64() > Some(50), "{removed}");
        story.run(IN_APRIL, &["import", "--no-backup", file]);
        assert!(
            story.contents("wrong.db") == right,
            "{lead} {was_pruned}: {:?}",
            difference(&story.contents("wrong.db"), &right)
        );
        assert_eq!(story.check("pruned_early"), None);
        // The next daily jobs change neither of the two.
        let later = IN_APRIL + DAY;
        for name in ["right.db", "wrong.db"] {
            summarize(&story.sandbox, later, name, &[]);
            prune(&story.sandbox, later, name, &[]).expect(0);
        }
        let (wrong, right) = (story.contents("wrong.db"), story.contents("right.db"));
        assert!(wrong == right, "{:?}", difference(&wrong, &right));
    }
}

#[test]
fn health_names_the_backup_with_the_rows_and_never_advises_to_remove_it() {
    let story = Story::new(70 * DAY, true);
    let advice = |id| story.check(id).unwrap()["try"].as_str().unwrap().to_owned();
    let import = format!(
        "`tornsnap import backups/{} --database wrong.db`",
        story.backup
    );

    // Before the rows of the future are removed, the months are closed, and no backup is searched.
    let help = advice("pruned_early");
    assert!(
        help.starts_with("keep all backups, and run `tornsnap prune --future --database wrong.db`"),
        "{help}"
    );
    assert!(advice("backup_dates").starts_with("keep them"));

    let removing = ["prune", "--future", "--database", "wrong.db"];
    let stderr = story.sandbox.run_at(IN_APRIL, &removing).expect(0).stderr();
    assert!(
        stderr.contains("too early") && stderr.contains(&import),
        "{stderr}"
    );
    let check = story.check("pruned_early").unwrap();
    assert_eq!(check["state"], "warning");
    assert!(
        check["message"]
            .as_str()
            .unwrap()
            .contains(&format!("backups/{} has them", story.backup)),
        "{check}"
    );
    let help = advice("pruned_early");
    assert!(
        help.contains(&import) && !help.contains("`tornsnap prune --future --database wrong.db`"),
        "{help}"
    );
    assert!(advice("backup_dates").starts_with("keep them"));

    story.run(
        IN_APRIL,
        &[
            "import",
            "--no-backup",
            &format!("backups/{}", story.backup),
        ],
    );

    assert!(advice("backup_dates").starts_with("make a backup"));
}

#[test]
fn only_an_import_that_leaves_rows_missing_warns_of_them() {
    let story = Story::new(70 * DAY, false);
    story.run(IN_APRIL, &["prune", "--future"]);
    story.sandbox.write(
        "other.csv",
        "faction_id,timestamp,respect\n77,1700000000,1\n",
    );
    let import = |file: &str| {
        let command = ["import", file, "--database", "wrong.db"];
        story.sandbox.run_at(IN_APRIL, &command).expect(0).stderr()
    };

    let stderr = import("other.csv");
    assert_eq!(stderr.matches("too early").count(), 1, "{stderr}");

    let stderr = import(&format!("backups/{}", story.backup));
    assert!(!stderr.contains("too early"), "{stderr}");
}

#[test]
fn the_summaries_stay_until_all_rows_are_back() {
    let story = Story::new(70 * DAY, false);
    story.run(IN_APRIL, &["prune", "--future"]);
    let right = story.contents("right.db").1;
    assert_eq!(story.contents("wrong.db").1, right);

    // Without the rows, neither a new summary nor a prune changes a summary.
    summarize(&story.sandbox, IN_APRIL, "wrong.db", &[]);
    assert_eq!(story.contents("wrong.db").1, right);
    story.remove_backup();
    let check = story.check("pruned_early").unwrap();
    assert!(
        check["message"]
            .as_str()
            .unwrap()
            .contains("no backup in the backup folders has them"),
        "{check}"
    );
}

#[test]
fn rows_that_are_old_enough_by_the_right_clock_were_not_pruned_too_early() {
    let story = Story::new(2 * DAY, false);

    assert!(story.check("pruned_early").is_none());
    let report = story.run(IN_APRIL, &["prune", "--future"]);
    assert!(
        report.get("pruned_early").is_none_or(Value::is_null),
        "{report}"
    );
    assert!(story.check("pruned_early").is_none());
}
