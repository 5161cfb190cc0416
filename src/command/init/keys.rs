//! Asking Torn about the keys before anything is written.

use std::thread;
use std::time::Duration;

use crate::api::client::Client;
use crate::api::refusal::{BLOCK_REST, Refusal, Verdict};
use crate::api::request::Request;
use crate::api::wire;
use crate::config::{Clock, Settings};
use crate::error::{Error, Exit, Result};
use crate::model::key::{KeyFacts, NamedKey};
use crate::model::time::iso;
use crate::store::keys::ADDRESS;
use crate::store::{Allowance, Permit, Store};

/// What to do about a key that Torn does not know.
const COPY_AGAIN: &str = "copy the key again from https://www.torn.com/preferences.php#tab=api";

/// Asks Torn about each key, by the rules that an existing database remembers; nothing else is written when one is
/// refused.
pub(super) fn check_keys(
    settings: &Settings,
    mut store: Option<&mut Store>,
) -> Result<Vec<(NamedKey, KeyFacts)>> {
    let keys = settings.load_keys()?.warn();
    let now = settings.clock.now();
    if let Some(store) = &store
        && let Some((until, reason)) = store.paused(ADDRESS, now)?
    {
        return Err(Error::new("check the keys")
            .because(format!(
                "no calls are to be made before {}: {reason}",
                iso(until)
            ))
            .try_this("wait until then, and run it again")
            .exits(Exit::TryLater));
    }
    let client = Client::new(
        &settings.api.base_url,
        settings.api.timeout,
        1,
        settings.proxy_for(&settings.api.base_url)?,
    )?;
    let mut checked = Vec::new();
    for (number, named) in (1..).zip(keys) {
        let known = match &store {
            Some(store) => store.known_key(&named.name, &named.key)?,
            None => None,
        };
        let owner = known
            .and_then(|known| known.facts)
            .map_or(-number, |facts| facts.owner.get());
        let facts = check_key(settings, &client, &named, store.as_deref_mut(), owner)?;
        if let Some(store) = store.as_deref_mut() {
            store.move_calls(owner, facts.owner.get())?;
        }
        checked.push((named, facts));
    }
    Ok(checked)
}

fn check_key(
    settings: &Settings,
    client: &Client,
    named: &NamedKey,
    mut store: Option<&mut Store>,
    owner: i64,
) -> Result<KeyFacts> {
    let action = || Error::new(format!("check the key {:?}", named.name));
    let mut attempt = 0;
    let body = loop {
        attempt += 1;
        let permit = wait_for_leave(settings, store.as_deref_mut(), owner)?;
        let answer = client.get(&Request::key_info(), &named.key).body;
        if let (Some(store), Some(permit)) = (store.as_deref_mut(), permit) {
            store.returned(permit, Clock::real_milliseconds())?;
        }
        let refusal = match answer {
            Ok(body) => break body,
            Err(refusal) => refusal,
        };
        if let (Verdict::Blocked, Some(store)) = (refusal.verdict(), store.as_deref_mut()) {
            let until = settings.clock.now() + BLOCK_REST;
            store.pause(ADDRESS, until, &refusal.to_string())?;
        }
        match refusal.retry_delay(attempt, settings.api.first_retry, 1.0) {
            Some(delay) => thread::sleep(delay),
            None => return Err(refused(action(), refusal, client)),
        }
    };
    wire::key::facts(&body).map_err(|misfit| {
        action()
            .because(misfit)
            .try_this("update tornsnap: Torn's answer is not understood")
            .exits(Exit::Protocol)
    })
}

/// Waits until the budget of this owner has room for a call; `None` where there is no budget to ask.
fn wait_for_leave(
    settings: &Settings,
    store: Option<&mut Store>,
    owner: i64,
) -> Result<Option<Permit>> {
    let (Some(limit), Some(store)) = (settings.api.requests_per_minute, store) else {
        return Ok(None);
    };
    let longest = i64::try_from(settings.api.timeout.as_millis()).unwrap_or(0);
    loop {
        match store.allow(owner, limit, Clock::real_milliseconds(), longest)? {
            Allowance::Granted(permit) => return Ok(Some(permit)),
            Allowance::Wait(milliseconds) => {
                thread::sleep(Duration::from_millis(milliseconds.unsigned_abs()));
            }
        }
    }
}

/// Counts a call that has been made in its owner's budget.
pub(super) fn count_call(store: &mut Store, facts: &KeyFacts) -> Result<()> {
    let now = Clock::real_milliseconds();
    if let Allowance::Granted(permit) = store.allow(facts.owner.get(), u32::MAX, now, 0)? {
        store.returned(permit, now)?;
    }
    Ok(())
}

fn refused(error: Error, refusal: Refusal, client: &Client) -> Error {
    match refusal.verdict() {
        Verdict::KeyDead | Verdict::KeyPaused(_) | Verdict::NoAccess => {
            let remedy = remedy_of_key(&refusal);
            error.because(refusal).try_this(remedy).exits(Exit::NoKey)
        }
        Verdict::Misconfigured => {
            let remedy = refusal.remedy().unwrap_or_default();
            error.because(refusal).try_this(remedy).exits(Exit::Config)
        }
        // Torn was reached, and has said why it will not answer.
        _ if matches!(refusal, Refusal::Torn { .. } | Refusal::Status { .. }) => error
            .because(refusal)
            .try_this("wait ten minutes, then run it again; nothing was written")
            .exits(Exit::TryLater),
        _ => error
            .because(refusal)
            .try_this(format!(
                "check the network, and that {} can be reached; then run it again",
                client.route()
            ))
            .exits(Exit::TryLater),
    }
}

/// What the owner of a key can do about Torn's refusal of it.
fn remedy_of_key(refusal: &Refusal) -> &'static str {
    let Refusal::Torn { code, .. } = refusal else {
        return COPY_AGAIN;
    };
    match code {
        10 => {
            "the key's owner is in federal jail: use a key of another player, or wait until the owner is out"
        }
        13 => {
            "the key's owner has been offline for more than 7 days: log in to Torn, then run it again"
        }
        16 => {
            "make a key with more access at https://www.torn.com/preferences.php#tab=api; Public Only is enough"
        }
        18 => {
            "the key's owner has paused it: resume it at https://www.torn.com/preferences.php#tab=api"
        }
        _ => COPY_AGAIN,
    }
}
