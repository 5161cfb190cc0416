//! The SQL statements for each history table. Most are rendered from templates in `sql/prune/`.

use std::sync::LazyLock;

use crate::model::history::History;
use crate::store::history::render;
use crate::store::sql;

#[derive(Debug)]
pub(super) struct Statements {
    /// Selects the rows before a cut-off that stay.
    pub(super) kept: &'static str,
    /// Selects the oldest and the newest timestamp of the rows of a month that are deleted.
    pub(super) plan: String,
    /// Selects the newest timestamp, and counts the rows of the current month and later.
    pub(super) total: String,
    /// Selects the timestamp where a step ends.
    pub(super) boundary: String,
    /// Deletes the rows of a step.
    pub(super) delete: String,
    /// Copies the rows of a step to the archive.
    pub(super) archive: String,
    /// Counts the rows of a step that are not in the archive.
    pub(super) unarchived: String,
    /// Deletes the copies of a step from the archive.
    pub(super) undo: String,
    /// Counts the summaries of months before a given one.
    pub(super) summaries_plan: String,
    /// Deletes the summaries of months before a given one.
    pub(super) summaries_delete: String,
}

static ALL: LazyLock<[Statements; 4]> = LazyLock::new(|| History::ALL.map(Statements::render));

impl Statements {
    pub(super) fn of(history: History) -> &'static Self {
        &ALL[history as usize]
    }

    fn render(history: History) -> Self {
        Self {
            kept: match history {
                History::Players => sql!("prune/players_kept"),
                History::Factions => sql!("prune/factions_kept"),
                History::Wars => sql!("prune/wars_kept"),
                History::Territories => sql!("prune/territories_kept"),
            },
            plan: render(history, sql!("prune/history_plan")),
            total: render(history, sql!("prune/history_total")),
            boundary: render(history, sql!("prune/history_boundary")),
            delete: render(history, sql!("prune/history_delete")),
            archive: render(history, sql!("prune/history_archive")),
            unarchived: render(history, sql!("prune/history_unarchived")),
            undo: render(history, sql!("prune/history_undo")),
            summaries_plan: render(history, sql!("prune/summaries_plan")),
            summaries_delete: render(history, sql!("prune/summaries_delete")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn the_statements_of_each_history_prepare_and_use_no_other_history() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        let archive = folder.path().join("archive.db");
        drop(Store::create(&archive).unwrap());
        store
            .connection()
            .execute("ATTACH DATABASE ? AS archive", [archive.to_str()])
            .unwrap();

        for history in History::ALL {
            let statements = Statements::of(history);
            for statement in [
                statements.kept,
                &statements.plan,
                &statements.total,
                &statements.boundary,
                &statements.delete,
                &statements.archive,
                &statements.unarchived,
                &statements.undo,
                &statements.summaries_plan,
                &statements.summaries_delete,
            ] {
                if let Err(error) = store.connection().prepare(statement) {
                    panic!("{history:?}: {error} in {statement}");
                }
                let code: String = statement
                    .lines()
                    .filter(|line| !line.starts_with("--"))
                    .collect();
                for other in History::ALL {
                    let names =
                        code.contains(other.table()) || code.contains(other.summary_table());
                    assert_eq!(names, other == history, "{statement}");
                }
            }
        }
    }
}
