//! `import` killed at its write calls: the database is as before, or whole; a second run ends where one run ends.

use std::fs;

use rusqlite::Connection;

use super::facts;
use crate::month_model::{IN_APRIL, dump, steady_history, template, with_history};
use crate::support::strace::{calls, may_trace, traced};
use crate::support::{Finished, Sandbox, heavy, rows, skipped};

const WRITES: &str = "pwrite64,fsync,fdatasync,ftruncate,rename,unlink";
const IMPORT: [&str; 5] = [
    "import",
    "theirs.db",
    "--no-backup",
    "--database",
    "ours.db",
];

#[test]
fn import_can_be_killed_at_any_write() {
    if !may_trace() {
        skipped("strace may not trace here");
        return;
    }
    let sandbox = Sandbox::new();
    let template = template(&sandbox);
    drop(with_history(
        &sandbox,
        &template,
        "theirs.db",
        &steady_history(),
    ));
    let bytes = template;
    let reset = || {
        sandbox.remove_database("ours.db");
        fs::write(sandbox.path("ours.db"), &bytes).unwrap();
    };
    let command = || {
        let mut command = sandbox.command(&IMPORT);
        command.env("TORNSNAP_NOW", IN_APRIL.to_string());
        command
    };
    let contents = || {
        let connection = Connection::open(sandbox.path("ours.db")).unwrap();
        assert_eq!(rows(&connection, "PRAGMA integrity_check"), ["ok"]);
        (facts(&connection), dump(&connection))
    };
    reset();
    let before = contents().0;
    let trace = sandbox.path("trace");
    let only_writes = format!("trace={WRITES}");
    let mut undisturbed = traced(&command(), &["-qq", "-e", &only_writes], &trace);
    Finished(undisturbed.output().unwrap()).expect(0);
    let writes = calls(&trace);
    let after = contents();

    let kills = usize::try_from(heavy(40, 6)).unwrap();
    for kill in 0..kills {
        reset();
        let call = &writes[(kill + 1) * 618 % 1000 * writes.len() / 1000];
        let inject = format!("inject={}:signal=KILL:when={}", call.name, call.number);
        let options = ["-qq", "-e", &only_writes, "-e", &inject];
        let status = traced(&command(), &options, &trace).status().unwrap();

        assert!(!status.success(), "kill {kill} is at a write");
        let found = contents().0;
        assert!(
            found == before || found == after.0,
            "kill {kill} left a half"
        );
        sandbox.run_at(IN_APRIL, &IMPORT).expect(0);
        assert!(
            contents() == after,
            "kill {kill}: the second run ended with other rows"
        );
    }
}
