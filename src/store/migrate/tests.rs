use std::path::PathBuf;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::store::Store;

/// A schema after this one, with views of its own.
const SECOND: Schema<'_> = Schema {
    migrations: &[
        MIGRATIONS[0],
        (
            2,
            include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/fixtures/migrations/0002_chains.sql"
            )),
            "Chains",
        ),
    ],
    views: include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/fixtures/migrations/views_2.sql"
    )),
};

/// Rows in the tables that others refer to, and in those that refer to them.
const ROWS: &str = "
    INSERT INTO factions (faction_id, name, tag) VALUES (9, 'Nine', 'N'), (20, 'Twenty', NULL);
    INSERT INTO players (player_id, name, rank, faction_id) VALUES (1, 'One', 'Idol', 9), (2, 'Two', NULL, NULL);
    UPDATE players SET faction_id = 20 WHERE player_id = 1;
    INSERT INTO territories (territory_id, faction_id) VALUES ('AAB', 9);
    INSERT INTO player_stats_history (id, player_id, timestamp, level) VALUES (5, 1, 100, 3), (70, 1, 200, 4);
    DELETE FROM player_stats_history WHERE id = 70;
    INSERT INTO faction_history (faction_id, timestamp, respect) VALUES (9, 100, 3);
    INSERT INTO war_status_history (war_id, war_type, attacking_faction_id, defending_faction_id, status)
    VALUES (1, 'ranked', 9, 20, 'ongoing');
    INSERT INTO territory_ownership_history (territory_id, faction_id, recorded_at) VALUES ('AAB', 9, 100);
    INSERT INTO player_observations (player_id, period_start, first_at, last_at, polls) VALUES (1, 0, 1, 2, 1);
    INSERT INTO player_stats_summary (player_id, period_start, period_end, record_count) VALUES (1, 0, 10, 1);
    INSERT INTO fetch_runs (kind, started_at, status) VALUES ('players', 100, 'ok'), ('wars', 200, 'ok');
    DELETE FROM fetch_runs;
    INSERT INTO api_keys (name, state) VALUES ('alice', 'ok');
    INSERT INTO key_checks (name, fingerprint, checked_at, access_level) VALUES ('alice', 'f', 1, 3);";

struct Database {
    _folder: TempDir,
    path: PathBuf,
    connection: Connection,
}

impl Database {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        drop(Store::create(&path).unwrap());
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(ROWS).unwrap();
        Self {
            _folder: folder,
            path,
            connection,
        }
    }

    fn run(&self, statements: &str) {
        self.connection.execute_batch(statements).unwrap();
    }

    fn rows(&self, query: &str) -> Vec<String> {
        let mut statement = self
            .connection
            .prepare(query)
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        let columns = statement.column_count();
        statement
            .query_map([], |row| {
                let values: rusqlite::Result<Vec<String>> = (0..columns)
                    .map(|column| row.get_ref(column).map(|value| format!("{value:?}")))
                    .collect();
                Ok(values?.join("|"))
            })
            .unwrap()
            .map(|row| row.unwrap())
            .collect()
    }

    fn tables(&self) -> Vec<String> {
        self.connection
            .prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
            )
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(|name| name.unwrap())
            .collect()
    }

    /// All rows of all tables except `schema_version`, and the highest ids.
    fn contents(&self) -> Vec<(String, Vec<String>)> {
        self.tables()
            .into_iter()
            .filter(|table| table != "schema_version")
            // An insert of no rows sets the highest id to 0.
            .chain(["sqlite_sequence WHERE seq > 0".to_owned()])
            .map(|table| {
                let mut rows = self.rows(&format!("SELECT * FROM {table}"));
                rows.sort();
                (table, rows)
            })
            .collect()
    }

    /// All definitions, without the quotes that a rename adds to names.
    fn schema(&self) -> Vec<String> {
        let mut all =
            self.rows("SELECT type, name, tbl_name, replace(sql, '\"', '') FROM sqlite_schema");
        all.sort();
        all
    }

    fn migrate(&mut self, schema: &Schema<'_>) -> Result<Vec<String>> {
        self.run("PRAGMA foreign_keys = ON");
        migrate(&mut self.connection, schema)
    }

    /// Statements that rebuild a table as SQLite's documentation recommends.
    fn rebuild(&self, table: &str) -> String {
        let query_texts = |query: String| -> Vec<String> {
            self.connection
                .prepare(&query)
                .unwrap()
                .query_map([table], |row| row.get(0))
                .unwrap()
                .map(|text| text.unwrap())
                .collect()
        };
        let definition =
            query_texts("SELECT sql FROM sqlite_schema WHERE name = ?".to_owned()).remove(0);
        let beside = query_texts(
            "SELECT sql FROM sqlite_schema WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL"
                .to_owned(),
        );
        let new = definition.replacen(table, &format!("{table}_new"), 1);
        format!(
            "{new};
             INSERT INTO {table}_new SELECT * FROM {table};
             DROP TABLE {table};
             ALTER TABLE {table}_new RENAME TO {table};
             {};",
            beside.join(";\n")
        )
    }
}

/// Texts as [`Database::rows`] shows them.
fn texts(texts: &[&str]) -> Vec<String> {
    texts
        .iter()
        .map(|text| format!("{:?}", rusqlite::types::ValueRef::Text(text.as_bytes())))
        .collect()
}

#[test]
fn each_table_can_be_rebuilt() {
    let tables = Database::new().tables();
    assert!(tables.len() > 25, "{tables:?}");
    for table in tables {
        let mut database = Database::new();
        database.run("CREATE VIEW mine AS SELECT name FROM players");
        let (schema, contents) = (database.schema(), database.contents());
        let rebuild = database.rebuild(&table);

        let warnings = database
            .migrate(&Schema {
                migrations: &[MIGRATIONS[0], (2, &rebuild, "Rebuild")],
                ..SCHEMA
            })
            .unwrap_or_else(|error| panic!("{table}: {}", error.one_line()));

        assert_eq!(warnings, [""; 0], "{table}");
        assert_eq!(database.schema(), schema, "{table}");
        assert!(database.contents() == contents, "{table}");
        assert_eq!(database.rows("PRAGMA foreign_keys"), ["Integer(1)"]);
        assert_eq!(database.rows("PRAGMA legacy_alter_table"), ["Integer(0)"]);
        assert_eq!(database.rows("PRAGMA foreign_key_check"), [""; 0]);
        assert_eq!(
            database.rows("SELECT max(version) FROM schema_version"),
            ["Integer(2)"]
        );
        // The trigger that refers to another table still works.
        database.run("UPDATE players SET faction_id = 9 WHERE player_id = 1");
        assert_eq!(
            database.rows("SELECT count(*) FROM faction_membership WHERE player_id = 1"),
            ["Integer(3)"],
            "{table}"
        );
    }
}

#[test]
fn a_second_schema_brings_its_own_views_and_keeps_all_rows() {
    let mut database = Database::new();
    let identity = database.rows("SELECT * FROM database_identity");
    let history = database.rows("SELECT * FROM player_stats_history");

    let warnings = database.migrate(&SECOND).unwrap();

    assert_eq!(warnings, [""; 0]);
    assert_eq!(
        database.rows("SELECT name FROM sqlite_schema WHERE type = 'view' ORDER BY name"),
        texts(&["faction_now", "longest_chains", "player_latest"]),
        "views that the new schema does not have are gone"
    );
    assert_eq!(database.rows("SELECT * FROM database_identity"), identity);
    assert_eq!(database.rows("SELECT * FROM player_stats_history"), history);
    assert_eq!(
        database.rows("SELECT count(*) FROM key_checks"),
        ["Integer(1)"]
    );
    assert_eq!(
        database.rows("SELECT count(*) FROM players WHERE title IS NOT NULL"),
        ["Integer(1)"]
    );
    database.run("INSERT INTO fetch_runs (kind, started_at, status) VALUES ('chains', 300, 'ok')");
    assert_eq!(
        database.rows("SELECT id FROM fetch_runs"),
        ["Integer(3)"],
        "no id is assigned twice"
    );
    // A second run changes nothing.
    let schema = database.schema();
    database.migrate(&SECOND).unwrap();
    assert_eq!(database.schema(), schema);
}

/// The user's own objects. Those called stale, and `faction_now`, do not work with [`SECOND`].
const USER_OBJECTS: &str =
        "CREATE VIEW good AS SELECT name FROM players;
         CREATE VIEW above AS SELECT name FROM good;
         CREATE VIEW stale AS SELECT rank FROM players;
         CREATE VIEW always_broken AS SELECT nonsense FROM players;
         CREATE VIEW faction_now AS SELECT 1 AS mine;
         CREATE TABLE notes (player_id INTEGER REFERENCES players (player_id), text TEXT);
         INSERT INTO notes VALUES (1, 'a spy');
         CREATE INDEX my_index ON players (name);
         CREATE INDEX my_stale_index ON factions (best_chain);
         CREATE TRIGGER my_trigger AFTER UPDATE OF name ON players BEGIN INSERT INTO notes VALUES (NEW.player_id, NEW.name); END;
         CREATE TRIGGER my_stale_trigger AFTER UPDATE ON players BEGIN INSERT INTO notes VALUES (NEW.player_id, NEW.rank); END;
         CREATE TRIGGER my_view_trigger INSTEAD OF INSERT ON good BEGIN INSERT INTO notes VALUES (1, NEW.name); END;";

/// The names of the user's objects, except the view that has a name of [`SECOND`].
const USER_OBJECT_NAMES: &str = "
    SELECT name FROM sqlite_schema WHERE name IN ('good', 'above', 'stale', 'always_broken', 'my_index',
    'my_stale_index', 'my_trigger', 'my_stale_trigger', 'my_view_trigger') ORDER BY name";

#[test]
fn user_objects_that_work_with_the_new_schema_and_all_views_are_created_again() {
    let mut database = Database::new();
    database.run(USER_OBJECTS);

    database.migrate(&SECOND).unwrap();

    assert_eq!(
        database.rows(USER_OBJECT_NAMES),
        texts(&[
            "above",
            "always_broken",
            "good",
            "my_index",
            "my_trigger",
            "my_view_trigger",
            "stale"
        ])
    );
    database
        .run("UPDATE players SET name = 'Uno' WHERE player_id = 1; INSERT INTO good VALUES ('x')");
    assert_eq!(database.rows("SELECT count(*) FROM notes"), ["Integer(3)"]);
    assert_eq!(database.rows("SELECT * FROM above").len(), 2);
}

#[test]
fn a_warning_names_each_user_object_that_the_new_schema_breaks() {
    let mut database = Database::new();
    database.run(USER_OBJECTS);

    let warnings = database.migrate(&SECOND).unwrap();

    assert_eq!(warnings.len(), 4, "{warnings:#?}");
    for (name, words) in [
        ("your view stale ", "no such column: rank"),
        (
            "your view faction_now ",
            "it was: CREATE VIEW faction_now AS SELECT 1 AS mine",
        ),
        (
            "your index my_stale_index ",
            "it was: CREATE INDEX my_stale_index ON factions (best_chain)",
        ),
        (
            "your trigger my_stale_trigger ",
            "it was: CREATE TRIGGER my_stale_trigger AFTER UPDATE",
        ),
    ] {
        assert!(
            warnings
                .iter()
                .any(|warning| warning.starts_with(name) && warning.contains(words)),
            "{name}: {warnings:#?}"
        );
    }
}

#[test]
fn user_objects_survive_a_second_migration() {
    let mut database = Database::new();
    database.run(USER_OBJECTS);
    database.migrate(&SECOND).unwrap();
    let before = database.rows(USER_OBJECT_NAMES);
    let third = Schema {
        migrations: &[
            SECOND.migrations[0],
            SECOND.migrations[1],
            (3, "ALTER TABLE players ADD COLUMN rank TEXT", "Ranks again"),
        ],
        ..SECOND
    };

    assert_eq!(database.migrate(&third).unwrap(), [""; 0]);

    assert_eq!(database.rows(USER_OBJECT_NAMES), before);
    assert_eq!(
        database.rows("SELECT * FROM stale").len(),
        2,
        "it works again"
    );
}

#[test]
fn a_migration_that_breaks_something_leaves_the_old_schema() {
    let rebuild_players = Database::new().rebuild("players");
    let without_triggers = rebuild_players.split("CREATE TRIGGER").next().unwrap();
    for (statements, words) in [
        (
            "DELETE FROM factions WHERE faction_id = 9",
            "refers to a row of factions",
        ),
        (
            "DROP TABLE missing_entities; DROP TABLE backup_folders; DROP TABLE factions",
            "factions",
        ),
        (
            "ALTER TABLE key_checks RENAME TO checks; ALTER TABLE api_keys RENAME TO named_keys",
            "api_keys, which is not there",
        ),
        ("ALTER TABLE players DROP COLUMN level", "no such column"),
        (
            "ALTER TABLE faction_membership RENAME TO members",
            "faction_membership",
        ),
        ("CREATE TABLE player_gains (x)", "player_gains"),
        ("DROP TABLE no_such", "no such table: no_such"),
        (
            &without_triggers.replace(
                "SELECT * FROM players",
                "SELECT * FROM players WHERE player_id > 1",
            ),
            "refers to a row of players",
        ),
    ] {
        let mut database = Database::new();
        database.run("CREATE VIEW mine AS SELECT name FROM players");
        let (schema, contents) = (database.schema(), database.contents());

        let failed = database
            .migrate(&Schema {
                migrations: &[MIGRATIONS[0], (2, statements, "Broken")],
                ..SCHEMA
            })
            .unwrap_err();

        assert!(
            failed.one_line().contains(words),
            "{statements}: {}",
            failed.one_line()
        );
        assert_eq!(database.schema(), schema, "{statements}");
        assert!(database.contents() == contents, "{statements}");
        assert_eq!(database.rows("PRAGMA foreign_keys"), ["Integer(1)"]);
        assert_eq!(database.rows("PRAGMA legacy_alter_table"), ["Integer(0)"]);
    }
}

#[test]
fn the_views_and_triggers_of_a_new_database_compile() {
    let database = Database::new();

    check_compiles(&database.connection).unwrap();
}

#[test]
fn the_id_of_a_database_never_changes() {
    let mut database = Database::new();
    let identity = database.rows("SELECT * FROM database_identity");

    database.migrate(&SCHEMA).unwrap();
    drop(Store::create(&database.path).unwrap());
    drop(Store::open(&database.path).unwrap());

    assert_eq!(database.rows("SELECT * FROM database_identity"), identity);
}

#[test]
fn a_database_that_lacks_any_table_is_damaged() {
    let tables = check::tables(&Database::new().connection).unwrap();
    assert!(tables.len() > 30, "{tables:?}");
    for table in tables {
        let database = Database::new();
        database
            .connection
            .execute_batch(&format!("PRAGMA foreign_keys = OFF; DROP TABLE {table}"))
            .unwrap();

        let error = inspect(&database.connection, "t.db", SCHEMA_VERSION).unwrap_err();

        assert_eq!(error.exit(), Exit::Damaged, "{table}");
        assert!(error.one_line().contains(&table), "{table}: {error:?}");
    }
}
