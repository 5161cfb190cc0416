//! Members who were not on a newer roster of their faction.
//!
//! An imported state of a player may be newer than ours, and name a faction whose roster was read later here, without the
//! player. Then the player had left.

use rusqlite::Connection;

use crate::error::Result;
use crate::store::{SqlContext, sql};

/// Finds when our own fetches have read rosters. It runs before the imported states are merged.
pub(super) fn find(connection: &Connection) -> Result<()> {
    connection
        .execute(sql!("import/find_rosters"), [])
        .map(drop)
        .context("find the rosters that were read here")
}

/// Removes the imported members who are not on a newer roster.
pub(super) fn remove_leavers(connection: &Connection) -> Result<()> {
    connection
        .execute(sql!("import/remove_leavers"), [])
        .map(drop)
        .context("remove members who have left")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::import::staging;
    use crate::store::tests::plan_of;

    /// The look-up reads all runs that started before: for each answer about a faction, it would take longer than most of
    /// an import.
    #[test]
    fn the_run_of_an_answer_is_looked_up_once_for_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::create(&folder.path().join("t.db")).unwrap();
        staging::create(store.connection()).unwrap();

        let steps = plan_of(&store, sql!("import/find_rosters"));

        let runs = steps
            .iter()
            .position(|step| step.contains("fetch_runs"))
            .unwrap();
        let scanned = steps[..runs].iter().rfind(|step| step.starts_with("SCAN "));
        assert_eq!(
            scanned.map(String::as_str),
            Some("SCAN moments"),
            "{steps:#?}"
        );
    }
}
