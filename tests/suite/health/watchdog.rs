//! The watchdog records each finding, not only the worst state, and never shows its addresses.

use std::fs;
use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};

use super::listener::Listener;
use super::{FOLLOWED, SECRET, assert_no_secret, assert_valid, notify, well};
use crate::support::{DAY, HOUR, NOW, Sandbox};

/// A sandbox in which all is well, and a webhook that takes the report as JSON.
fn with_webhook() -> (Sandbox, Listener) {
    let listener = Listener::start();
    let sandbox = well();
    notify(&sandbox, &listener, "format = \"json\"\n");
    (sandbox, listener)
}

fn refuse_key(sandbox: &Sandbox, name: &str) {
    sandbox
        .sqlite()
        .execute(
            "INSERT INTO api_keys (name, state) VALUES (?1, 'dead')",
            [name],
        )
        .unwrap();
}

fn accept_key(sandbox: &Sandbox, name: &str) {
    sandbox
        .sqlite()
        .execute(
            "INSERT INTO api_keys (name, state) VALUES (?1, 'ok')
             ON CONFLICT (name) DO UPDATE SET state = 'ok'",
            [name],
        )
        .unwrap();
}

/// The events sent so far, each with its changes, such as `worse keys:new`.
fn events_with_changes(listener: &Listener) -> Vec<String> {
    listener
        .bodies()
        .iter()
        .map(|body| {
            assert_valid(body);
            let changes: Vec<String> = body["changes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|change| {
                    let text = |name: &str| change[name].as_str().unwrap();
                    format!("{}:{}", text("id"), text("change"))
                })
                .collect();
            format!("{} {}", body["event"].as_str().unwrap(), changes.join(" "))
        })
        .collect()
}

#[test]
fn a_new_finding_and_its_recovery_are_sent_while_an_older_finding_persists() {
    let (sandbox, listener) = with_webhook();
    let look = |hour: i64| sandbox.run_at(NOW + hour * HOUR, &["health", "--notify"]);
    accept_key(&sandbox, "carol");
    fs::rename(sandbox.path("backups"), sandbox.path("elsewhere")).unwrap();

    look(0).expect(1);
    look(1).expect(1);
    assert_eq!(events_with_changes(&listener), ["worse backup:new"]);
    refuse_key(&sandbox, "alice");
    look(2).expect(1);
    look(3).expect(1);
    assert_eq!(events_with_changes(&listener)[1..], ["worse keys:new"]);
    refuse_key(&sandbox, "bob");
    look(4).expect(1);
    assert_eq!(events_with_changes(&listener)[2..], ["worse keys:changed"]);
    accept_key(&sandbox, "alice");
    look(5).expect(1);
    assert_eq!(
        events_with_changes(&listener).len(),
        3,
        "nothing is sent when one of two keys works again"
    );
    accept_key(&sandbox, "bob");
    look(6).expect(1);
    assert_eq!(
        events_with_changes(&listener)[3..],
        ["better keys:recovered"]
    );
    fs::rename(sandbox.path("elsewhere"), sandbox.path("backups")).unwrap();
    look(7).expect(0);
    look(8).expect(0);
    assert_eq!(
        events_with_changes(&listener)[4..],
        ["recovered backup:recovered"]
    );
}

#[test]
fn a_new_warning_beside_a_critical_finding_is_sent_and_the_reminder_remains() {
    let (sandbox, listener) = with_webhook();
    let look = |hour: i64| {
        // Other findings do not concern this test.
        let now = NOW + hour * HOUR;
        sandbox
            .sqlite()
            .execute(
                "UPDATE fetch_runs SET started_at = ?1, finished_at = ?1",
                [now - 60],
            )
            .unwrap();
        sandbox.run_at(now, &["health", "--notify"])
    };
    refuse_key(&sandbox, "alice");
    look(0).expect(2);
    fs::rename(sandbox.path("backups"), sandbox.path("elsewhere")).unwrap();
    look(1).expect(2);
    for hour in 2..30 {
        look(hour).expect(2);
    }

    assert_eq!(
        events_with_changes(&listener),
        ["worse keys:new", "worse backup:new", "still_critical "]
    );
}

#[test]
fn an_undelivered_message_is_sent_again_with_all_changes_since() {
    let (sandbox, listener) = with_webhook();
    accept_key(&sandbox, "carol");
    refuse_key(&sandbox, "alice");
    listener.answer("500 Internal Server Error");
    sandbox.run(&["health", "--notify"]).expect(1);
    fs::rename(sandbox.path("backups"), sandbox.path("elsewhere")).unwrap();
    listener.answer("204 No Content");

    sandbox.run(&["health", "--notify"]).expect(1);
    sandbox.run(&["health", "--notify"]).expect(1);

    assert_eq!(
        events_with_changes(&listener),
        ["worse keys:new", "worse keys:new backup:new"]
    );
}

#[test]
fn a_database_that_cannot_be_read_for_a_while_is_no_recovery() {
    let (sandbox, listener) = with_webhook();
    accept_key(&sandbox, "carol");
    refuse_key(&sandbox, "alice");
    let look = |code| sandbox.run(&["health", "--notify"]).expect(code);
    look(1);
    fs::rename(sandbox.database(), sandbox.path("away.db")).unwrap();
    look(2);
    fs::rename(sandbox.path("away.db"), sandbox.database()).unwrap();
    look(1);
    accept_key(&sandbox, "alice");
    look(0);

    assert_eq!(
        events_with_changes(&listener),
        [
            "worse keys:new",
            "worse database:new",
            "better database:recovered",
            "recovered keys:recovered"
        ]
    );
}

#[test]
fn two_checks_at_the_same_time_send_one_message() {
    for _ in 0..3 {
        let (sandbox, listener) = with_webhook();
        refuse_key(&sandbox, "alice");
        thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| sandbox.run(&["-q", "health", "--notify"]).expect(2));
            }
        });
        assert_eq!(events_with_changes(&listener), ["worse keys:new"]);
    }
}

#[test]
fn a_state_file_of_another_version_is_replaced() {
    let (sandbox, listener) = with_webhook();
    for text in [
        "{\"state\":\"warning\",\"told_at\":1775040000}\n",
        "{\"version\":99,\"told_at\":1775040000,\"findings\":[]}",
        "no JSON",
    ] {
        sandbox.write("tornsnap.db.health.json", text);
        sandbox.run(&["health", "--notify"]).expect(0);
    }
    refuse_key(&sandbox, "alice");
    sandbox.run(&["health", "--notify"]).expect(2);
    sandbox.run(&["health", "--notify"]).expect(2);

    assert_eq!(events_with_changes(&listener), ["worse keys:new"]);
    let state_file: Value =
        serde_json::from_slice(&fs::read(sandbox.path("tornsnap.db.health.json")).unwrap())
            .unwrap();
    assert_eq!(
        state_file,
        json!({
            "version": 2,
            "told_at": NOW,
            "findings": [{ "id": "keys", "state": "critical", "subjects": ["refused alice"] }],
        })
    );
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("tornsnap.db", sandbox.path("link.db")).unwrap();
        sandbox
            .run(&["--database", "link.db", "health", "--notify"])
            .expect(2);
        let again = events_with_changes(&listener)[1..].join(" ");
        assert!(
            !again.contains("keys"),
            "a link and its target are one: {again}"
        );
    }
}

#[test]
fn a_test_message_reports_its_delivery_and_leaves_the_state_file_unchanged() {
    let (sandbox, listener) = with_webhook();
    refuse_key(&sandbox, "alice");
    let state_file = sandbox.path("tornsnap.db.health.json");

    let finished = sandbox.run(&["-vv", "health", "--test-notify"]).expect(0);
    assert_no_secret(&finished);
    assert!(
        finished
            .stdout()
            .contains("the webhook took the test message"),
        "{}",
        finished.stdout()
    );
    assert_eq!(events(&listener), ["test"]);
    assert!(!state_file.exists());
    let report = sandbox
        .run(&["health", "--test-notify", "--json"])
        .expect(0)
        .json();
    assert_valid(&report);
    assert_eq!(report["checks"][0]["id"], "webhook");

    sandbox.run(&["health", "--notify"]).expect(2);
    let before = fs::read(&state_file).unwrap();
    listener.answer("403 Forbidden");
    let finished = sandbox.run(&["health", "--test-notify"]).expect(2);
    assert!(
        finished.stdout().contains("HTTP status 403") && finished.stdout().contains("try: "),
        "{}",
        finished.stdout()
    );
    assert_no_secret(&finished);
    assert_eq!(fs::read(&state_file).unwrap(), before);

    notify(&sandbox, &listener, "");
    listener.answer("204 No Content");
    sandbox.run(&["-q", "health", "--test-notify"]).expect(0);
    let last = listener.bodies().pop().unwrap();
    assert_eq!(last["embeds"][0]["title"], "tornsnap: a test");
}

/// An answer to a test message.
struct Answered {
    status: &'static str,
    code: i32,
    says: &'static str,
}

#[test]
fn a_test_message_tells_faults_that_pass_from_others() {
    const PASSES: &str = "try: wait a few minutes, then try again";
    const STAYS: &str = "the webhook was deleted, or its address is wrong: make a new one";
    let (sandbox, listener) = with_webhook();
    for Answered { status, code, says } in [
        ("429 Too Many Requests", 1, PASSES),
        ("500 Internal Server Error", 1, PASSES),
        ("503 Service Unavailable", 1, PASSES),
        ("401 Unauthorized", 2, STAYS),
        ("404 Not Found", 2, STAYS),
        ("400 Bad Request", 2, STAYS),
    ]
    .map(|(status, code, says)| Answered { status, code, says })
    {
        listener.answer(status);

        let page = sandbox.run(&["health", "--test-notify"]).expect(code);

        assert_no_secret(&page);
        assert!(page.stdout().contains(says), "{status}: {}", page.stdout());
        assert!(page.stdout().contains(&status[..3]), "{}", page.stdout());
    }
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    sandbox.write("webhook", &format!("http://{address}/{SECRET}\n"));
    let page = sandbox.run(&["health", "--test-notify"]).expect(1);
    assert!(
        page.stdout().contains("try: check the network"),
        "{}",
        page.stdout()
    );
}

fn events(listener: &Listener) -> Vec<String> {
    listener
        .bodies()
        .iter()
        .map(|body| {
            assert_valid(body);
            body["event"].as_str().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn a_test_without_a_webhook_says_how_to_set_one_up() {
    let sandbox = well();

    let finished = sandbox.run(&["health", "--test-notify"]).expect(3);

    assert!(
        finished
            .stdout()
            .contains("neither webhook_url_file nor ping_url")
            && finished
                .stdout()
                .contains("name that file in webhook_url_file"),
        "{}",
        finished.stdout()
    );
    sandbox
        .run(&["health", "--test-notify", "--notify"])
        .expect(2);
    sandbox.write(
        "tornsnap.toml",
        "[health]\nwebhook_url_file = \"nowhere\"\n",
    );
    let finished = sandbox.run(&["health", "--test-notify"]).expect(2);
    assert!(
        finished.stdout().contains("there is no such file"),
        "{}",
        finished.stdout()
    );
}

/// The end of a `ping_url`.
struct PingAddress {
    /// As it is configured, and as it is called when nothing is critical.
    query: &'static str,
    /// As it is called when something is critical.
    critical: &'static str,
}

#[test]
fn a_ping_address_keeps_its_query() {
    for PingAddress { query, critical } in [
        PingAddress {
            query: "?status=up&msg=OK&ping=",
            critical: "?status=down&msg=critical&ping=",
        },
        PingAddress {
            query: "?create=1",
            critical: "/fail?create=1",
        },
        PingAddress {
            query: "",
            critical: "/fail",
        },
    ] {
        let listener = Listener::start();
        let sandbox = well();
        let url = listener.url();
        sandbox.write(
            "tornsnap.toml",
            &format!("{FOLLOWED}[health]\nping_url = \"{url}/api/push/{SECRET}{query}\"\n"),
        );

        sandbox.run(&["health", "--notify"]).expect(0);
        sandbox
            .run_at(NOW + 3 * DAY, &["health", "--notify"])
            .expect(2);
        let finished = sandbox.run(&["-vv", "health", "--test-notify"]).expect(0);
        assert_no_secret(&finished);

        assert_eq!(
            listener.events(),
            [
                format!("GET /api/push/{SECRET}{query}"),
                format!("GET /api/push/{SECRET}{critical}"),
                format!("GET /api/push/{SECRET}{query}"),
            ]
        );
    }
}

#[test]
fn the_addresses_are_never_shown_whatever_is_wrong_with_them() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = nobody.local_addr().unwrap();
    drop(nobody);
    for line in [
        format!("ping_url = \"http://{closed}/{SECRET}?status=up\""),
        format!("ping_url = \"http://kuma.example/{SECRET}?status=up\""),
        format!("ping_url = \"kuma.example/{SECRET}?status=up\""),
        format!("ping_url = \"https://kuma.example/{SECRET} ?status=up\""),
        format!("ping_url = \"https://kuma.invalid/{SECRET}?status=up\""),
        format!("ping_url = https://kuma.example/{SECRET}?status=up"),
        format!("ping_url = [\"https://kuma.example/{SECRET}\"]"),
        format!("pingurl = \"https://kuma.example/{SECRET}\""),
        format!("webhook_url = \"https://discord.com/api/webhooks/{SECRET}\""),
        format!("webhook_url_file = \"https://discord.com/api/webhooks/{SECRET}\""),
        format!("webhook_url_env = \"https://discord.com/api/webhooks/{SECRET}\""),
        format!("format = \"https://discord.com/api/webhooks/{SECRET}\""),
        format!("max_age_hours = \"https://discord.com/api/webhooks/{SECRET}\""),
    ] {
        let sandbox = well();
        sandbox.write(
            "tornsnap.toml",
            &format!("{FOLLOWED}[health]\n{line}\n[log]\nfile = \"log\"\n"),
        );
        for arguments in [
            &["health", "--notify"][..],
            &["-vv", "health", "--notify"],
            &["health", "--notify", "--json"],
            &["health", "--test-notify"],
            &["fetch", "players", "--plan"],
            &["backup", "--list"],
        ] {
            assert_no_secret(&sandbox.run(arguments));
        }
        let log = fs::read_to_string(sandbox.path("log")).unwrap_or_default();
        assert!(!log.contains(SECRET), "{line}: {log}");
    }
}
