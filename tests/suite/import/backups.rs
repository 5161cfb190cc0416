//! The backup from before an import.

use std::fs;

use super::with_plan;
use crate::support::{NOW, Sandbox, native};

/// The names of the backups, oldest first.
fn backups(sandbox: &Sandbox) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(sandbox.path("backups"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_none_or(|end| end != "json"))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// A database, and a configuration that keeps two backups.
fn keeping_two(backup: &str) -> Sandbox {
    let sandbox = with_plan("");
    sandbox.write(
        "tornsnap.toml",
        &format!("database = \"tornsnap.db\"\n[backup]\nkeep = 2\n{backup}"),
    );
    sandbox
}

fn write_row(sandbox: &Sandbox, faction: i64) {
    let row = format!("faction_id,timestamp,respect\n{faction},1700000000,1\n");
    sandbox.write("rows.csv", &row);
}

#[test]
fn imports_one_after_the_other_keep_the_backup_from_before_the_first_one() {
    let sandbox = keeping_two("");
    sandbox.run(&["backup"]).expect(0);
    let daily = backups(&sandbox);
    sandbox
        .sqlite()
        .execute_batch("INSERT INTO factions (faction_id, name) VALUES (1, 'One')")
        .unwrap();

    for number in 0..4 {
        write_row(&sandbox, 10 + number);
        sandbox
            .run_at(NOW + 60 * (number + 1), &["import", "rows.csv"])
            .expect(0);
    }

    let kept = backups(&sandbox);
    assert_eq!(kept.len(), 5, "{kept:?}");
    assert_eq!(kept[0], daily[0]);
    let first = sandbox.path("backups").join(&kept[1]);
    let first = rusqlite::Connection::open(first).unwrap();
    let rows: i64 = first
        .query_row("SELECT count(*) FROM faction_history", [], |row| row.get(0))
        .unwrap();
    assert_eq!(rows, 0, "it is from before the first import");
}

#[test]
fn no_second_backup_is_made_of_the_same_content() {
    for settings in ["", "compress = true\n"] {
        let sandbox = keeping_two(settings);
        sandbox.run(&["backup"]).expect(0);
        let made = backups(&sandbox);
        write_row(&sandbox, 10);

        let finished = sandbox
            .run_at(NOW + 60, &["import", "rows.csv", "--json"])
            .expect(0);

        assert_eq!(backups(&sandbox), made, "{settings}");
        assert_eq!(
            finished.json()["backup"],
            native(&format!("backups/{}", made[0]))
        );
        assert!(
            finished
                .stderr()
                .contains(&format!("{} has the same content", made[0])),
            "{}",
            finished.stderr()
        );
        assert_eq!(fs::read_dir(sandbox.path("backups")).unwrap().count(), 2);
    }
}

#[test]
fn one_changed_value_or_a_damaged_backup_needs_a_new_one() {
    let sandbox = keeping_two("");
    sandbox
        .sqlite()
        .execute_batch("INSERT INTO factions (faction_id, name) VALUES (1, 'One')")
        .unwrap();
    sandbox.run(&["backup"]).expect(0);
    sandbox
        .sqlite()
        .execute_batch("UPDATE factions SET name = 'Two'")
        .unwrap();
    write_row(&sandbox, 10);
    sandbox.run_at(NOW + 60, &["import", "rows.csv"]).expect(0);
    assert_eq!(backups(&sandbox).len(), 2);

    let newest = sandbox
        .run_at(NOW + 120, &["backup", "--json"])
        .expect(0)
        .json();
    let newest = sandbox.path(newest["backup"]["file"].as_str().unwrap());
    let mut bytes = fs::read(&newest).unwrap();
    let end = bytes.len() - 1;
    bytes[end] ^= 1;
    fs::write(&newest, bytes).unwrap();
    write_row(&sandbox, 11);
    let before = backups(&sandbox).len();
    sandbox.run_at(NOW + 180, &["import", "rows.csv"]).expect(0);
    assert_eq!(backups(&sandbox).len(), before + 1);
}

#[test]
fn summarize_by_hand_makes_no_second_backup_of_the_same_content() {
    let sandbox = keeping_two("");
    write_row(&sandbox, 10);
    sandbox
        .run(&["import", "rows.csv", "--no-backup", "--no-summarize"])
        .expect(0);
    sandbox.run(&["backup"]).expect(0);
    let made = backups(&sandbox);

    let finished = sandbox.run_at(NOW + 60, &["summarize", "--json"]).expect(0);

    assert_eq!(backups(&sandbox), made);
    assert_eq!(
        finished.json()["backup"],
        native(&format!("backups/{}", made[0]))
    );
    sandbox
        .run_at(NOW + 120, &["summarize", "--force"])
        .expect(0);
    assert_eq!(backups(&sandbox).len(), 2, "summaries were written since");
}
