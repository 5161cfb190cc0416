//! `config check --online`: asks Torn about the keys and the ids of `[track]`.

use super::findings::{ASK_TORN, Findings};
use crate::api::error::ApiError;
use crate::api::pool::KeyRequirement;
use crate::api::request::Request;
use crate::api::wire;
use crate::command::demo_config;
use crate::command::signal::{StopSignal, interrupted};
use crate::command::torn::{Failure, TornClient, with_address_of_torn};
use crate::config::{Settings, Territories};
use crate::error::{Error, Exit, Result};
use crate::model::id::{FactionId, PlayerId};
use crate::model::key_refusal::{COPY_AGAIN, KeyRefusal, MORE_ACCESS};
use crate::model::size::count;
use crate::store::Store;

/// Asks Torn. The calls count in the database, so that other runs keep within the limit too. Nothing else is changed there,
/// unless Torn asks for a pause or refuses a key.
///
/// # Errors
///
/// Fails after a signal. Answers of Torn, and a database that cannot be used, become findings.
pub(super) fn check(settings: &Settings, findings: &mut Findings) -> Result<()> {
    if let Err(error) = demo_config::refuse(settings, ASK_TORN) {
        findings.problem_because("configuration", &error);
        return Ok(());
    }
    let store = match Store::open_to_record_calls(&settings.database) {
        Ok(store) => store,
        Err(error) => {
            findings.problem_because("database", &error);
            return Ok(());
        }
    };
    let loaded = settings.load_keys()?;
    let stop = StopSignal::listen()?;
    let torn = TornClient::new(settings, stop.clone(), store)?.with_shown_waits();
    let mut usable = 0;
    for key in &loaded.keys {
        let subject = format!("key {}", key.name);
        match torn.check_key_without_record(key) {
            Ok(facts) => {
                usable += 1;
                let message = format!(
                    "Torn accepts it: {}, the key of player {}",
                    facts.access, facts.owner
                );
                findings.ok(subject, message);
            }
            Err(failure) => {
                let error = failure_error(&failure, &torn, Exit::NoKey);
                findings.problem_because(subject, &error);
            }
        }
    }
    if usable > 0 {
        check_ids(settings, &torn, findings);
    }
    let store = torn.into_store();
    store.checkpoint()?;
    match stop.received() {
        Some(exit) => Err(interrupted(
            "finish the check with Torn",
            "nothing was changed",
            exit,
        )),
        None => Ok(()),
    }
}

fn check_ids(settings: &Settings, torn: &TornClient, findings: &mut Findings) {
    let mut add = |subject: String, name: Result<String, Failure>| match name {
        Ok(name) => findings.ok(subject, name),
        Err(failure) => {
            findings.problem_because(subject, &failure_error(&failure, torn, Exit::Partial));
        }
    };
    for faction in &settings.track.factions {
        add(
            format!("faction {faction}"),
            name_of_faction(torn, *faction),
        );
    }
    for player in &settings.track.players {
        add(format!("player {player}"), name_of_player(torn, *player));
    }
    if let Territories::These(tiles) = &settings.track.territories {
        let unknown = torn.unknown_tiles(tiles);
        for tile in tiles {
            let answer = match &unknown {
                Ok(unknown) if unknown.contains(tile) => Err(Failure::Unknown),
                Ok(_) => Ok("Torn knows it".to_owned()),
                Err(failure) => Err(failure.clone()),
            };
            add(format!("tile {tile}"), answer);
        }
    }
}

fn name_of_faction(torn: &TornClient, id: FactionId) -> Result<String, Failure> {
    let request = Request::faction(id, false);
    let response = torn.get(&request, KeyRequirement::Any)?;
    let basic = wire::faction::basic(&response.body, id).map_err(|error| {
        Failure::rejected(&request, &format!("faction {id}"), &error, String::new())
    })?;
    let name = basic
        .name
        .unwrap_or_else(|| "a faction without a name".to_owned());
    Ok(match basic.member_count {
        Some(members) => format!("{name}, {}", count(members, "member")),
        None => name,
    })
}

fn name_of_player(torn: &TornClient, id: PlayerId) -> Result<String, Failure> {
    let request = Request::player(id, false);
    let response = torn.get(&request, KeyRequirement::Any)?;
    let profile = wire::user::profile(&response.body, id).map_err(|error| {
        Failure::rejected(&request, &format!("player {id}"), &error, String::new())
    })?;
    Ok(match profile.level {
        Some(level) => format!("{}, level {level}", profile.name),
        None => profile.name,
    })
}

/// The error for an answer. If the whole run ended, its exit code says why.
fn failure_error(failure: &Failure, torn: &TornClient, exit: Exit) -> Error {
    let action = "check it with Torn";
    if let Some(end) = torn.run_end() {
        return end.into_error(action);
    }
    let error = Error::new(action).with_source(failure.message());
    match failure {
        Failure::RunEnded => error.with_help("run it again").with_exit(torn.stop_exit()),
        Failure::Rejected(_) => error
            .with_help("update tornsnap: Torn's answer is not understood")
            .with_exit(Exit::Protocol),
        _ if failure.is_passing() => error
            .with_help("wait some minutes, then run it again")
            .with_exit(Exit::TryLater),
        _ if failure.is_missing() => error
            .with_help("correct the id under [track], or remove it")
            .with_exit(exit),
        _ if failure.is_no_access() => with_address_of_torn(
            error.with_help(MORE_ACCESS).with_exit(exit),
            torn.base_url(),
        ),
        _ => {
            let refusal = match failure {
                Failure::Refused(ApiError::Torn { code, .. }) => KeyRefusal::of_code(*code),
                _ => None,
            };
            let help = match refusal {
                Some(refusal) => refusal.remedy.to_owned(),
                None => format!("{COPY_AGAIN}, or correct the id"),
            };
            error.with_help(help).with_exit(exit)
        }
    }
}
