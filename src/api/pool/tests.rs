use super::*;
use crate::api::request::Request;
use crate::model::id::FactionId;
use crate::model::key::Selections;

fn player(id: i64) -> PlayerId {
    PlayerId::new(id).unwrap()
}

fn owner(id: i64) -> RateLimitOwner {
    RateLimitOwner::Player(player(id))
}

fn faction() -> Endpoint {
    Request::faction(FactionId::new(1).unwrap(), false).endpoint
}

fn networth() -> Endpoint {
    Request::player(player(1), true).endpoint
}

/// A pool with one key for each owner. Each key has this access level and these selections of `/faction`.
fn pool_of(owners: &[i64], level: i64, faction: Option<&[&str]>) -> KeyPool {
    let mut pool = KeyPool::default();
    for owner in owners {
        let id = add_unchecked(&mut pool);
        pool.set_facts(id, facts(*owner, level, faction));
    }
    pool
}

fn add_unchecked(pool: &mut KeyPool) -> KeyId {
    pool.add(NamedKey {
        name: format!("key{}", pool.entries.len()),
        key: ApiKey::new("AbCdEfGh12345678").unwrap(),
    })
}

fn facts(owner: i64, level: i64, faction: Option<&[&str]>) -> KeyFacts {
    KeyFacts {
        owner: player(owner),
        access: "Limited Access".to_owned(),
        access_level: level,
        selections: Selections {
            faction: faction.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            ..Selections::default()
        },
    }
}

/// The choice if Torn has asked at `now` for a pause of this length.
fn paused(now: Instant, time: Duration) -> KeyChoice {
    KeyChoice::Wait(Wait::pause(None, now, time))
}

fn pool(owners: &[i64]) -> KeyPool {
    pool_of(owners, 3, None)
}

#[test]
fn the_load_spreads_over_the_keys() {
    let mut pool = pool(&[1, 2, 3]);
    let now = Instant::now();

    let chosen: Vec<KeyChoice> = (0..6)
        .map(|_| pool.choose_key(KeyRequirement::Any, faction(), &[], now))
        .collect();

    for index in 0..3 {
        let times = chosen
            .iter()
            .filter(|choice| **choice == KeyChoice::Key(KeyId(index)))
            .count();
        assert_eq!(times, 2, "key {index}");
    }
}

#[test]
fn a_pause_applies_to_all_keys_of_the_owner_and_to_no_others() {
    let mut pool = pool(&[1, 1, 2]);
    let now = Instant::now();
    let pause = Duration::from_secs(15);

    pool.pause_owner(owner(1), now, pause);

    assert_eq!(
        pool.choose_key(KeyRequirement::Any, faction(), &[], now),
        KeyChoice::Key(KeyId(2))
    );
    let own = KeyRequirement::BattleStatsOf(player(1));
    let wait = paused(now, pause);
    assert_eq!(pool.choose_key(own, faction(), &[], now), wait);
    assert!(matches!(
        pool.choose_key(own, faction(), &[], now + pause),
        KeyChoice::Key(_)
    ));
}

#[test]
fn the_daily_limit_of_a_category_applies_to_all_keys_of_the_owner() {
    let mut pool = pool(&[1, 1, 2]);
    let now = Instant::now();

    pool.record_daily_limit(owner(1), networth().only("personalstats"));

    assert_eq!(
        pool.choose_key(KeyRequirement::Any, networth(), &[], now),
        KeyChoice::Key(KeyId(2))
    );
    assert_eq!(
        pool.choose_key(KeyRequirement::Any, networth(), &[KeyId(2)], now),
        KeyChoice::NoneForEndpoint
    );
    assert_eq!(
        pool.choose_key(KeyRequirement::Any, faction(), &[], now),
        KeyChoice::Key(KeyId(0))
    );
}

#[test]
fn a_custom_key_calls_only_the_selections_that_torn_lists_for_it() {
    let now = Instant::now();
    let mut custom = pool_of(&[1], 0, Some(&["basic"]));
    assert_eq!(
        custom.choose_key(KeyRequirement::Any, faction(), &[], now),
        KeyChoice::NoneForEndpoint
    );
    let mut public = pool_of(&[1], 1, Some(&["basic"]));
    assert_eq!(
        public.choose_key(KeyRequirement::Any, faction(), &[], now),
        KeyChoice::Key(KeyId(0))
    );
    let mut listed = pool_of(&[1], 0, Some(&["members", "basic"]));
    assert_eq!(
        listed.choose_key(KeyRequirement::Any, faction(), &[], now),
        KeyChoice::Key(KeyId(0))
    );
}

#[test]
fn a_refusal_applies_to_all_endpoints_that_include_the_refused_one() {
    let mut pool = pool(&[1, 2]);
    let now = Instant::now();

    pool.record_refusal(KeyId(0), faction(), RefusedIds::All);
    for _ in 0..3 {
        let chosen = pool.choose_key(KeyRequirement::Any, faction(), &[], now);
        assert_eq!(chosen, KeyChoice::Key(KeyId(1)));
    }
    let with_wars = Request::faction(FactionId::new(1).unwrap(), true).endpoint;
    assert_eq!(
        pool.choose_key(KeyRequirement::Any, with_wars, &[KeyId(1)], now),
        KeyChoice::NoneForEndpoint
    );
    let wars = Request::faction_wars(FactionId::new(1).unwrap()).endpoint;
    assert_eq!(
        pool.choose_key(KeyRequirement::Any, wars, &[KeyId(1)], now),
        KeyChoice::Key(KeyId(0))
    );
}

#[test]
fn a_refusal_for_one_id_only_changes_the_order() {
    let mut pool = pool(&[1, 2]);
    let now = Instant::now();

    pool.record_refusal(KeyId(0), faction(), RefusedIds::AtLeastThis);

    for _ in 0..3 {
        let chosen = pool.choose_key(KeyRequirement::Any, faction(), &[], now);
        assert_eq!(chosen, KeyChoice::Key(KeyId(1)));
    }
    assert_eq!(
        pool.choose_key(KeyRequirement::Any, faction(), &[KeyId(1)], now),
        KeyChoice::Key(KeyId(0))
    );
}

#[test]
fn a_full_rate_limiter_does_not_shorten_a_pause() {
    let mut pool = pool(&[1]);
    let now = Instant::now();

    pool.pause_owner(owner(1), now, Duration::from_secs(15));
    pool.record_rate_limit_wait(owner(1), now + Duration::from_millis(10));

    let wait = paused(now, Duration::from_secs(15));
    assert_eq!(
        pool.choose_key(KeyRequirement::Any, faction(), &[], now),
        wait
    );
    assert!(pool.was_paused_after(PauseTarget::Owner(owner(1)), now));
    assert!(
        !pool.was_paused_after(PauseTarget::Owner(owner(2)), now)
            && !pool.was_paused_after(PauseTarget::Address, now)
    );
}

#[test]
fn a_pause_of_the_owner_outlasts_a_shorter_wait_of_a_key_that_turns_out_to_be_theirs() {
    let mut pool = pool(&[1]);
    let now = Instant::now();
    let second = add_unchecked(&mut pool);

    pool.pause_owner(owner(1), now, Duration::from_secs(15));
    let unchecked = pool.owner(second);
    pool.record_rate_limit_wait(unchecked, now + Duration::from_secs(1));
    pool.set_facts(second, facts(1, 3, None));

    let wait = paused(now, Duration::from_secs(15));
    assert_eq!(
        pool.choose_key(KeyRequirement::Any, faction(), &[], now),
        wait
    );
}

#[test]
fn a_success_resets_the_number_of_pauses() {
    let mut pool = pool(&[1]);
    for _ in 0..2 {
        assert_eq!(pool.count_pause(PauseTarget::Owner(owner(1))), 1);
        assert_eq!(pool.count_pause(PauseTarget::Owner(owner(1))), 2);
        assert_eq!(pool.count_pause(PauseTarget::Address), 1);
        pool.record_success(KeyId(0));
    }
}

#[test]
fn a_paused_key_does_not_delay_the_other_keys_of_its_owner() {
    let mut pool = pool(&[1, 1]);
    let now = Instant::now();

    pool.pause_key(KeyId(0), now, Duration::from_secs(90));

    assert_eq!(
        pool.choose_key(KeyRequirement::Any, faction(), &[], now),
        KeyChoice::Key(KeyId(1))
    );
    assert!(matches!(
        pool.choose_key(KeyRequirement::Only(KeyId(0)), faction(), &[], now),
        KeyChoice::Wait(wait) if wait.is_pause()
    ));
    pool.disable(KeyId(1));
    pool.disable(KeyId(0));
    assert_eq!(
        pool.choose_key(KeyRequirement::Any, faction(), &[], now),
        KeyChoice::NoneUsable
    );
}

#[test]
fn a_pause_is_the_cause_even_if_a_full_rate_limiter_delays_the_call_longer() {
    let mut pool = pool(&[1]);
    let now = Instant::now();
    let until = now + Duration::from_secs(50);

    pool.record_rate_limit_wait(owner(1), until);
    let mut expected = Wait {
        until,
        cause: WaitCause::RateLimit,
    };
    assert_eq!(
        pool.choose_key(KeyRequirement::Any, faction(), &[], now),
        KeyChoice::Wait(expected)
    );

    pool.pause_address(now, Duration::from_secs(10));
    expected.cause = WaitCause::Pause { asked_at: now };
    assert_eq!(
        pool.choose_key(KeyRequirement::Any, faction(), &[], now),
        KeyChoice::Wait(expected)
    );
}

#[test]
fn only_its_check_uses_a_suspended_key() {
    let mut pool = pool(&[1]);
    let now = Instant::now();

    pool.set_suspended(KeyId(0), true);

    assert_eq!(
        pool.choose_key(KeyRequirement::Any, faction(), &[], now),
        KeyChoice::Wait(Wait {
            until: now + SUSPENSION_POLL_INTERVAL,
            cause: WaitCause::KeyCheck,
        })
    );
    assert_eq!(
        pool.choose_key(KeyRequirement::Only(KeyId(0)), faction(), &[], now),
        KeyChoice::Key(KeyId(0))
    );
}
