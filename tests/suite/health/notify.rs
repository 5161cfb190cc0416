//! When messages and pings are sent, and how a refused one is repeated.

use std::fs;
use std::net::TcpListener;

use super::listener::Listener;
use super::{SECRET, assert_no_secret, assert_state, assert_valid, notify, well};
#[cfg(unix)]
use crate::support::set_mode;
use crate::support::{Finished, HOUR, NOW, Sandbox, heavy};

#[test]
fn one_message_is_sent_per_change_and_none_between() {
    let listener = Listener::start();
    let sandbox = well();
    notify(&sandbox, &listener, "");
    let at = |now: i64, code: i32| {
        sandbox.run_at(now, &["health", "--notify"]).expect(code);
    };
    let succeed = |now: i64| {
        sandbox
            .sqlite()
            .execute(
                "UPDATE fetch_runs SET started_at = ?1, finished_at = ?1",
                [now],
            )
            .unwrap();
    };

    at(NOW, 0);
    at(NOW + HOUR, 0);
    assert_eq!(listener.events(), Vec::<String>::new());
    for hour in 24..30 {
        at(NOW + hour * HOUR, 1);
    }
    assert_eq!(listener.titles(), ["tornsnap: warning"]);
    for hour in 48..80 {
        at(NOW + hour * HOUR, 2);
    }
    assert_eq!(
        listener.titles(),
        [
            "tornsnap: warning",
            "tornsnap: critical",
            "tornsnap: still critical"
        ]
    );
    succeed(NOW + 80 * HOUR);
    for hour in 80..84 {
        at(NOW + hour * HOUR, 0);
    }
    assert_eq!(
        listener.titles().last().unwrap(),
        "tornsnap: all well again"
    );
    assert_eq!(listener.titles().len(), 4);

    let message = &listener.bodies()[1];
    assert_eq!(message["allowed_mentions"]["parse"], serde_json::json!([]));
    let fields = message["embeds"][0]["fields"].as_array().unwrap();
    let text = fields[0]["value"].as_str().unwrap();
    assert!(
        text.contains("last fetched 2 days ago") && text.contains("To do: "),
        "{text}"
    );
}

#[test]
fn a_refused_message_is_sent_again_and_changes_no_exit_code() {
    let listener = Listener::start();
    let sandbox = well();
    notify(&sandbox, &listener, "");
    listener.answer("500 Internal Server Error");
    let late = NOW + 30 * HOUR;

    for _ in 0..2 {
        let finished = sandbox.run_at(late, &["health", "--notify"]).expect(1);
        assert!(
            finished.stderr().contains("HTTP status 500"),
            "{}",
            finished.stderr()
        );
        assert_no_secret(&finished);
    }
    listener.answer("204 No Content");
    let report = sandbox
        .run_at(late, &["health", "--notify", "--json"])
        .expect(1)
        .json();
    assert_eq!(report["notification"]["sent"], true);
    sandbox.run_at(late, &["health", "--notify"]).expect(1);

    assert_eq!(listener.bodies().len(), 3);

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    sandbox.write("webhook", &format!("http://{address}/{SECRET}\n"));
    let finished = sandbox.run(&["-vv", "health", "--notify"]).expect(0);
    assert!(
        finished.stderr().contains("could not send"),
        "{}",
        finished.stderr()
    );
    assert_no_secret(&finished);
    #[cfg(unix)]
    {
        set_mode(&sandbox.path("webhook"), 0o644);
        let finished = sandbox.run(&["health", "--notify"]).expect(1);
        assert!(
            finished.stderr().contains("others can read it"),
            "{}",
            finished.stderr()
        );
    }
    sandbox.write("webhook", &format!("ftp://{SECRET}"));
    let finished = sandbox.run(&["health", "--notify"]).expect(1);
    assert!(
        finished.stderr().contains("no https:// address"),
        "{}",
        finished.stderr()
    );
    assert_no_secret(&finished);
}

#[test]
fn a_generic_webhook_receives_the_report_and_ping_url_is_called() {
    let listener = Listener::start();
    let sandbox = well();
    let extra = format!(
        "format = \"json\"\nping_url = \"{}/ping\"\n",
        listener.url()
    );
    notify(&sandbox, &listener, &extra);

    sandbox.run(&["health", "--notify"]).expect(0);
    sandbox
        .run_at(NOW + 90 * HOUR, &["health", "--notify"])
        .expect(2);

    let hook = format!("POST /{SECRET}");
    assert_eq!(listener.events(), ["GET /ping", "GET /ping/fail", &hook]);
    let report = &listener.bodies()[0];
    assert_valid(report);
    assert_eq!(report["event"], "worse");
    assert_eq!(report["state"], "critical");
}

#[test]
fn an_unwritable_state_file_does_not_prevent_the_message() {
    let listener = Listener::start();
    let sandbox = Sandbox::new();
    notify(&sandbox, &listener, "");
    fs::create_dir(sandbox.path("tornsnap.db.health.json")).unwrap();

    let finished = sandbox.run(&["health", "--notify"]).expect(2);

    assert_eq!(listener.titles(), ["tornsnap: critical"]);
    assert!(
        finished.stderr().contains("could not be recorded"),
        "{}",
        finished.stderr()
    );
}

#[test]
fn a_webhook_that_never_answers_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", "[health]\nwebhook_url_env = \"HOOK\"\n");
    if heavy(1, 0) == 0 {
        return; // It takes the whole ten seconds.
    }
    let output = sandbox
        .command(&["health", "--notify"])
        .env(
            "HOOK",
            format!("http://{}/{SECRET}", silent.local_addr().unwrap()),
        )
        .output()
        .unwrap();

    let finished = Finished(output).expect(2);
    assert!(
        finished.stderr().contains("no answer within 10 seconds"),
        "{}",
        finished.stderr()
    );
    assert_no_secret(&finished);
}

#[test]
fn a_webhook_that_cannot_be_read_is_a_warning_of_every_check() {
    let listener = Listener::start();
    let sandbox = well();
    notify(&sandbox, &listener, "");
    sandbox.run(&["health"]).expect(0);

    fs::remove_file(sandbox.path("webhook")).unwrap();

    for arguments in [&["health", "--json"][..], &["health", "--json", "--notify"]] {
        let finished = sandbox.run(arguments).expect(1);
        assert_state(&finished, "webhook", "warning");
    }
}
