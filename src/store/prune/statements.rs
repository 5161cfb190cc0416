//! The SQL statements for each history table. Most are rendered from templates in `sql/prune/`.

use std::sync::LazyLock;

use crate::model::history::History;
use crate::store::history::render;
use crate::store::sql;

#[derive(Debug)]
pub(super) struct Statements {
    /// Selects the rows that a prune keeps although they are older than the cut-off.
    pub(super) kept: &'static str,
    /// Selects the oldest and the newest timestamp of the rows of a month that are deleted.
    pub(super) plan: String,
    /// Selects the newest timestamp, and counts the rows of the current month and later.
    pub(super) total: String,
    /// Selects the timestamp where a step ends.
    pub(super) boundary: String,
    /// Counts the rows of each entity in a span of time.
    pub(super) entities: String,
    /// Deletes the rows of a step.
    pub(super) delete: String,
    /// Selects the ids of the rows that a step deletes.
    pub(super) step_ids: String,
    /// Selects the ids of the rows of a step that the archive has under another id.
    pub(super) known: String,
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
                History::Players => sql!("prune/list_kept_players"),
                History::Factions => sql!("prune/list_kept_factions"),
                History::Wars => sql!("prune/list_kept_wars"),
                History::Territories => sql!("prune/list_kept_territories"),
            },
            plan: render(history, sql!("prune/plan_history")),
            total: render(history, sql!("prune/get_history_totals")),
            boundary: render(history, sql!("prune/find_history_boundary")),
            entities: render(history, sql!("prune/list_step_entities")),
            delete: render(history, sql!("prune/delete_history")),
            step_ids: render(history, sql!("prune/list_step_ids")),
            known: render(history, sql!("prune/list_known_history")),
            archive: render(history, sql!("prune/archive_history")),
            unarchived: render(history, sql!("prune/count_unarchived_history")),
            undo: render(history, sql!("prune/unarchive_history")),
            summaries_plan: render(history, sql!("prune/plan_summaries")),
            summaries_delete: render(history, sql!("prune/delete_summaries")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::history::{HistorySchema, schema_of};
    use crate::store::tests::{plan_of, with_attached_archive};

    #[test]
    fn the_statements_of_each_history_prepare_and_use_no_other_history() {
        let folder = tempfile::tempdir().unwrap();
        let store = with_attached_archive(folder.path());

        for history in History::ALL {
            let statements = Statements::of(history);
            for statement in [
                statements.kept,
                &statements.plan,
                &statements.total,
                &statements.boundary,
                &statements.entities,
                &statements.delete,
                &statements.step_ids,
                &statements.known,
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

    /// The statements of a step search the rows of each entity, in the database and in the archive. Those of wars search
    /// the rows of a time.
    #[test]
    fn the_statements_of_a_step_search_in_one_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = with_attached_archive(folder.path());

        for history in History::ALL {
            let HistorySchema {
                entity,
                entity_index,
                timestamp,
                ..
            } = schema_of(history);
            let time = format!("{timestamp}>? AND {timestamp}<?");
            let wanted = match history {
                History::Wars => format!(" INDEX {entity_index} ({time})"),
                _ => format!(" INDEX {entity_index} ({entity}=? AND {time})"),
            };
            let statements = Statements::of(history);
            for statement in [
                &statements.delete,
                &statements.known,
                &statements.archive,
                &statements.unarchived,
            ] {
                let steps = plan_of(&store, statement);

                let is_look_up =
                    |step: &&String| step.contains(history.table()) || step.contains(" here ");
                let look_ups: Vec<&String> = steps.iter().filter(is_look_up).collect();
                assert!(!look_ups.is_empty(), "{steps:#?}");
                for step in look_ups {
                    assert!(step.ends_with(&wanted), "{step} in {statement}");
                }
            }
        }
    }
}
