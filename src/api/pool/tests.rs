use super::*;
use crate::api::request::Request;
use crate::model::id::FactionId;
use crate::model::key::Selections;

fn player(id: i64) -> PlayerId {
    PlayerId::new(id).unwrap()
}

fn payer(id: i64) -> Payer {
    Payer::Owner(player(id))
}

fn faction() -> Endpoint {
    Request::faction(FactionId::new(1).unwrap(), false).endpoint
}

fn networth() -> Endpoint {
    Request::player(player(1), true).endpoint
}

/// A key of each owner, of this level, that Torn lists these selections of `/faction` for.
fn pool_of(owners: &[i64], level: i64, faction: Option<&[&str]>) -> KeyPool {
    let mut pool = KeyPool::default();
    for (index, owner) in owners.iter().enumerate() {
        let id = pool.add(NamedKey {
            name: format!("key{index}"),
            key: ApiKey::new("AbCdEfGh12345678").unwrap(),
        });
        pool.set_facts(
            id,
            KeyFacts {
                owner: player(*owner),
                access: "Limited Access".to_owned(),
                access_level: level,
                selections: Selections {
                    faction: faction
                        .map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
                    ..Selections::default()
                },
            },
        );
    }
    pool
}

fn pool(owners: &[i64]) -> KeyPool {
    pool_of(owners, 3, None)
}

#[test]
fn the_load_spreads_over_the_keys() {
    let mut pool = pool(&[1, 2, 3]);
    let now = Instant::now();

    let picked: Vec<Pick> = (0..6)
        .map(|_| pool.pick(Need::Any, faction(), &[], now))
        .collect();

    for index in 0..3 {
        let times = picked
            .iter()
            .filter(|pick| **pick == Pick::Key(KeyId(index)))
            .count();
        assert_eq!(times, 2, "key {index}");
    }
}

#[test]
fn a_pause_holds_all_keys_of_that_owner_and_no_other() {
    let mut pool = pool(&[1, 1, 2]);
    let now = Instant::now();
    let pause = Duration::from_secs(15);

    pool.pause_owner(payer(1), now, pause);

    assert_eq!(
        pool.pick(Need::Any, faction(), &[], now),
        Pick::Key(KeyId(2))
    );
    let own = Need::OwnerOf(player(1));
    let wait = Pick::Wait {
        time: pause,
        paused: true,
    };
    assert_eq!(pool.pick(own, faction(), &[], now), wait);
    assert!(matches!(
        pool.pick(own, faction(), &[], now + pause),
        Pick::Key(_)
    ));
}

#[test]
fn the_daily_limit_of_a_category_rests_all_keys_of_its_owner() {
    let mut pool = pool(&[1, 1, 2]);
    let now = Instant::now();

    pool.rest_from(payer(1), networth().only("personalstats"));

    assert_eq!(
        pool.pick(Need::Any, networth(), &[], now),
        Pick::Key(KeyId(2))
    );
    assert_eq!(
        pool.pick(Need::Any, networth(), &[KeyId(2)], now),
        Pick::NoneForThis
    );
    assert_eq!(
        pool.pick(Need::Any, faction(), &[], now),
        Pick::Key(KeyId(0))
    );
}

#[test]
fn a_custom_key_is_asked_only_what_torn_lists_for_it() {
    let now = Instant::now();
    let mut custom = pool_of(&[1], 0, Some(&["basic"]));
    assert_eq!(
        custom.pick(Need::Any, faction(), &[], now),
        Pick::NoneForThis
    );
    let mut public = pool_of(&[1], 1, Some(&["basic"]));
    assert_eq!(
        public.pick(Need::Any, faction(), &[], now),
        Pick::Key(KeyId(0))
    );
    let mut listed = pool_of(&[1], 0, Some(&["members", "basic"]));
    assert_eq!(
        listed.pick(Need::Any, faction(), &[], now),
        Pick::Key(KeyId(0))
    );
}

#[test]
fn a_refusal_is_remembered_and_covers_questions_that_include_it() {
    let mut pool = pool(&[1, 2]);
    let now = Instant::now();

    pool.deny(KeyId(0), faction(), true);
    for _ in 0..3 {
        let picked = pool.pick(Need::Any, faction(), &[], now);
        assert_eq!(picked, Pick::Key(KeyId(1)));
    }
    let with_wars = Request::faction(FactionId::new(1).unwrap(), true).endpoint;
    assert_eq!(
        pool.pick(Need::Any, with_wars, &[KeyId(1)], now),
        Pick::NoneForThis
    );
    let wars = Request::faction_wars(FactionId::new(1).unwrap()).endpoint;
    assert_eq!(
        pool.pick(Need::Any, wars, &[KeyId(1)], now),
        Pick::Key(KeyId(0))
    );
}

#[test]
fn a_refusal_for_one_id_only_changes_the_order() {
    let mut pool = pool(&[1, 2]);
    let now = Instant::now();

    pool.deny(KeyId(0), faction(), false);

    for _ in 0..3 {
        let picked = pool.pick(Need::Any, faction(), &[], now);
        assert_eq!(picked, Pick::Key(KeyId(1)));
    }
    assert_eq!(
        pool.pick(Need::Any, faction(), &[KeyId(1)], now),
        Pick::Key(KeyId(0))
    );
}

#[test]
fn a_budget_that_runs_out_does_not_cut_a_pause_short() {
    let mut pool = pool(&[1]);
    let now = Instant::now();

    pool.pause_owner(payer(1), now, Duration::from_secs(15));
    pool.hold(payer(1), now + Duration::from_millis(10));

    let wait = Pick::Wait {
        time: Duration::from_secs(15),
        paused: true,
    };
    assert_eq!(pool.pick(Need::Any, faction(), &[], now), wait);
    assert!(pool.was_paused_after(Some(payer(1)), now));
    assert!(!pool.was_paused_after(Some(payer(2)), now) && !pool.was_paused_after(None, now));
}

#[test]
fn pauses_are_forgotten_as_calls_succeed() {
    let mut pool = pool(&[1]);
    for _ in 0..2 {
        assert_eq!(pool.count_pause(Some(payer(1))), 1);
        assert_eq!(pool.count_pause(Some(payer(1))), 2);
        assert_eq!(pool.count_pause(None), 1);
        pool.succeeded(KeyId(0));
    }
}

#[test]
fn a_key_that_rests_holds_up_no_other_of_its_owner() {
    let mut pool = pool(&[1, 1]);
    let now = Instant::now();

    pool.rest(KeyId(0), now + Duration::from_secs(90));

    assert_eq!(
        pool.pick(Need::Any, faction(), &[], now),
        Pick::Key(KeyId(1))
    );
    assert!(matches!(
        pool.pick(Need::This(KeyId(0)), faction(), &[], now),
        Pick::Wait { paused: true, .. }
    ));
    pool.disable(KeyId(1));
    pool.disable(KeyId(0));
    assert_eq!(pool.pick(Need::Any, faction(), &[], now), Pick::NoneAtAll);
}
