//! A sandbox whose configuration points to a simulated Torn of its own.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tornsnap::testing::sim::{
    Access, DateHeader, Key, Options, RankedWar, Simulator, TerritoryWar, World,
};

use crate::support::new_database::new_database;
use crate::support::{CANARY, Finished, NOW, Sandbox};

/// The second key, of player 2.
pub const BOBS_KEY: &str = "BobsLimitedKey02";

/// The faction that most tests follow; players 1 to 3 are in it.
pub const OURS: i64 = 9;

/// The faction that most tests fight against.
pub const THEIRS: i64 = 20;

/// A simulated Torn, and a folder with a configuration, a key and a database for it.
pub struct Torn {
    pub simulator: Simulator,
    pub sandbox: Sandbox,
}

impl Torn {
    /// Players 1, 2 and 3 in faction 9, faction 20 without members, and the key of player 1 with full access.
    pub fn new() -> Self {
        Self::with_keys(&[Key::new(CANARY, 1, Access::Full)])
    }

    /// The same with a second key, of player 2.
    pub fn with_two_keys() -> Self {
        Self::with_keys(&[
            Key::new(CANARY, 1, Access::Full),
            Key::new(BOBS_KEY, 2, Access::Limited),
        ])
    }

    /// The same with these keys; they are named key1, key2 and so on.
    pub fn with_keys(keys: &[Key]) -> Self {
        let torn = Self::over(Options {
            now: NOW,
            keys: keys.to_vec(),
            ..Options::empty()
        });
        torn.simulator.edit(|world| {
            for id in [OURS, THEIRS] {
                world.pin_faction(id).name = format!("Real {id}");
            }
            for id in 1..=3 {
                let player = world.pin_player(id);
                player.name = format!("Player {id}");
                player.level = 10 + id;
                player.faction_id = Some(OURS);
                player.networth = 1000 * id;
            }
        });
        torn
    }

    /// A world with these options.
    pub fn over(options: Options) -> Self {
        let torn = Self {
            simulator: Simulator::start(options).unwrap(),
            sandbox: Sandbox::new(),
        };
        torn.follow("[track]\nfactions = [9]\nterritories = \"none\"\n");
        new_database(&torn.sandbox.database());
        torn
    }

    /// Writes the configuration: the address, the keys, and `more`.
    pub fn follow(&self, more: &str) {
        self.configure("requests_per_minute = 0\n", more);
    }

    /// Writes the configuration with `api` in its table `[api]`, and `more` after the keys.
    pub fn configure(&self, api: &str, more: &str) {
        let url = self.simulator.url();
        let mut text = format!("[api]\nbase_url = \"{url}\"\n{api}");
        for (number, key) in (1..).zip(self.simulator.keys()) {
            write!(
                text,
                "[[key]]\nname = \"key{number}\"\nkey = \"{}\"\n",
                key.secret
            )
            .unwrap();
        }
        text.push_str(more);
        self.sandbox.write("tornsnap.toml", &text);
    }

    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        self.simulator.edit(change)
    }

    /// Pins a ranked war between us and them.
    pub fn pin_ranked_war(&self, id: i64, change: impl FnOnce(&mut RankedWar)) {
        self.edit(|world| {
            let war = world.pin_ranked_war(id);
            if war.factions[0].faction_id == 0 {
                war.factions[0].faction_id = OURS;
                war.factions[1].faction_id = THEIRS;
            }
            change(war);
        });
    }

    /// Pins a territory war in which they assault us.
    pub fn pin_territory_war(&self, id: i64, change: impl FnOnce(&mut TerritoryWar)) {
        self.edit(|world| {
            let war = world.pin_territory_war(id);
            if war.aggressor.faction_id == 0 {
                war.aggressor.faction_id = THEIRS;
                war.defender.faction_id = OURS;
            }
            change(war);
        });
    }

    /// Runs `tornsnap fetch …` at the simulated time.
    pub fn fetch(&self, arguments: &[&str]) -> Finished {
        Finished(self.fetching(arguments).output().unwrap())
    }

    /// Sets the simulated time, and runs `tornsnap fetch …` at that time.
    pub fn fetch_at(&self, now: i64, arguments: &[&str]) -> Finished {
        self.simulator.set_time(now);
        self.fetch(arguments)
    }

    /// The command that [`Torn::fetch`] runs.
    pub fn fetching(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(&["fetch"]);
        command
            .args(arguments)
            .env("TORNSNAP_NOW", self.simulator.time().to_string());
        command
    }

    /// The paths and queries of the calls so far, without the parameter `comment`, which each has.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.simulator.requests().into_iter().map(|request| {
            let query: Vec<&str> = request
                .query
                .split('&')
                .filter(|part| *part != "comment=tornsnap")
                .collect();
            match query.join("&").as_str() {
                "" => request.path,
                query => format!("{}?{query}", request.path),
            }
        });
        asked.collect()
    }

    /// The number of calls so far, without the checks of keys.
    pub fn calls(&self) -> usize {
        self.asked()
            .iter()
            .filter(|path| *path != "/key/info")
            .count()
    }

    /// The number of calls with this key.
    pub fn calls_with(&self, secret: &str) -> usize {
        let asked = self.simulator.requests();
        asked
            .iter()
            .filter(|request| request.key.as_deref() == Some(secret))
            .count()
    }

    /// Waits until `count` requests have arrived.
    #[track_caller]
    pub fn wait_for_requests(&self, count: usize) {
        let end = Instant::now() + Duration::from_secs(20);
        while self.simulator.requests().len() < count {
            assert!(Instant::now() < end, "only {:?} arrived", self.asked());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Starts `tornsnap fetch …` without waiting for it.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.fetching(arguments).spawn().unwrap()
    }

    /// The command that [`Torn::fetch`] runs, with the clock of this machine in the program and in Torn.
    pub fn fetching_now(&self, arguments: &[&str]) -> Command {
        self.simulator.set_date(DateHeader::Real);
        let mut command = self.fetching(arguments);
        command.env_remove("TORNSNAP_NOW");
        command
    }

    /// The simulator's answer to a request with its first key, which this test makes itself.
    pub fn look_up(&self, path: &str) -> Value {
        let address = self.simulator.url().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let secret = &self.simulator.keys()[0].secret;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: torn\r\nConnection: close\r\nAuthorization: ApiKey {secret}\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    pub fn value<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        self.sandbox.value(sql)
    }

    pub fn rows(&self, sql: &str) -> Vec<String> {
        self.sandbox.rows(sql)
    }
}
