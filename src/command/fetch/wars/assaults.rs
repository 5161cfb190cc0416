//! The assaults of the whole game, for the tiles of a sweep.

use std::ops::ControlFlow;

use super::lists::{Assaulted, list_name, read_game_list};
use crate::command::fetch::session::{Session, Work};
use crate::command::torn::ListRead;
use crate::error::Result;
use crate::model::war::WarType;

impl Session<'_> {
    /// The tiles that are fought over now, from the list of the whole game; `None`: not known this time.
    pub(in crate::command::fetch) fn assaulted_tiles(
        &mut self,
        work: &mut Work,
    ) -> Result<Option<Assaulted>> {
        if let Some(assaulted) = &self.assaulted {
            return Ok(Some(assaulted.clone()));
        }
        let war_type = WarType::Territory;
        let mut assaulted = Assaulted::default();
        let torn = self.torn;
        let read = read_game_list(torn, war_type, |page| {
            let invalid = &page.items.invalid;
            self.fail_each(work, &page.request, &list_name(war_type), invalid)?;
            for item in invalid {
                assaulted.add_unreadable(item);
            }
            let going_on = page.items.valid.iter().filter(|war| !war.status.is_over());
            let before = assaulted.tiles.len();
            assaulted
                .tiles
                .extend(going_on.filter_map(|war| war.territory));
            Ok(if assaulted.tiles.len() == before && invalid.is_empty() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            })
        })?;
        if let ListRead::Failed(failure) = read {
            self.fail(work, &list_name(war_type), None, &failure)?;
            return Ok(None);
        }
        self.assaulted = Some(assaulted.clone());
        Ok(Some(assaulted))
    }
}
