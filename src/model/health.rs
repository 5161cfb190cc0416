//! What is well and what is not: from values to states, without looking anything up.

use std::fmt;

use crate::model::kind::Kind;
use crate::model::size::{grouped, in_words};
use crate::model::time::{DAY, HOUR, MINUTE, Month, iso};

/// How something is, in the words and the numbers of monitoring plugins.
///
/// The order is that of who is listened to first: one thing that is critical outweighs one that cannot be told.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum State {
    /// Well.
    #[default]
    Ok,
    /// To be looked at.
    Warning,
    /// It cannot be told.
    Unknown,
    /// To be looked at now.
    Critical,
}

impl State {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Unknown => "unknown",
            Self::Critical => "critical",
        }
    }

    /// The state of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Ok, Self::Warning, Self::Unknown, Self::Critical]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// Stable: programs go by it.
    pub id: String,
    /// How it is.
    pub state: State,
    /// In one line.
    pub message: String,
    /// What to do, where there is something to do.
    pub remedy: Option<String>,
    /// The number behind it.
    pub value: Option<Value>,
}

/// A number with its unit and thresholds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Value {
    /// The number.
    pub number: i64,
    /// "s" seconds, "B" bytes, "" a count.
    pub unit: &'static str,
    /// Warning beyond this.
    pub warning: Option<i64>,
    /// Critical beyond this.
    pub critical: Option<i64>,
    /// Whether "beyond" means below.
    pub is_minimum: bool,
}

impl Value {
    /// A number that nothing depends on.
    pub fn plain(number: i64, unit: &'static str) -> Self {
        Self {
            number,
            unit,
            warning: None,
            critical: None,
            is_minimum: false,
        }
    }

    /// As performance data: `120s;86400;172800`. <https://www.monitoring-plugins.org/doc/guidelines.html>
    fn as_performance_data(self) -> String {
        let threshold = |number: Option<i64>| {
            number.map_or_else(String::new, |number| {
                if self.is_minimum {
                    format!("{number}:")
                } else {
                    number.to_string()
                }
            })
        };
        let text = format!(
            "{}{};{};{}",
            self.number,
            self.unit,
            threshold(self.warning),
            threshold(self.critical)
        );
        text.trim_end_matches(';').to_owned()
    }
}

impl Check {
    /// Well.
    pub fn ok(id: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            state: State::Ok,
            message: message.into(),
            remedy: None,
            value: None,
        }
    }

    /// Not well, with what to do about it.
    pub fn bad(
        id: impl Into<String>,
        state: State,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            state,
            remedy: Some(remedy.into()),
            ..Self::ok(id, message)
        }
    }

    /// With the number behind it.
    #[must_use]
    pub fn with(mut self, value: Value) -> Self {
        self.value = Some(value);
        self
    }
}

/// The state of everything: that of its worst part.
pub fn overall(checks: &[Check]) -> State {
    checks
        .iter()
        .map(|check| check.state)
        .max()
        .unwrap_or_default()
}

/// The first line: `TORNSNAP OK - … | age_players=120s;86400;172800 …`.
pub fn first_line(checks: &[Check]) -> String {
    let state = overall(checks);
    // A bar would begin the performance data.
    let text = in_short(checks).replace('|', "/");
    let data: Vec<String> = checks
        .iter()
        .filter_map(|check| {
            let value = check.value?;
            Some(format!("{}={}", check.id, value.as_performance_data()))
        })
        .collect();
    let line = format!("TORNSNAP {} - {text}", state.as_str().to_uppercase());
    if data.is_empty() {
        return line;
    }
    format!("{line} | {}", data.join(" "))
}

/// The worst in one line.
pub fn in_short(checks: &[Check]) -> String {
    let bad = worst_first(checks);
    match bad.as_slice() {
        [] => format!("{} checks, all well", checks.len()),
        [only] => only.message.clone(),
        [first, rest @ ..] => format!("{} (and {} more)", first.message, rest.len()),
    }
}

/// What is not well, the worst first.
pub fn worst_first(checks: &[Check]) -> Vec<&Check> {
    let mut bad: Vec<&Check> = checks
        .iter()
        .filter(|check| check.state != State::Ok)
        .collect();
    bad.sort_by_key(|check| std::cmp::Reverse(check.state));
    bad
}

/// A span of time in words, such as `3 hours`.
pub fn span(seconds: i64) -> String {
    let of = |number: i64, unit: &str| match number {
        1 => format!("1 {unit}"),
        _ => format!("{number} {unit}s"),
    };
    match seconds {
        ..0 => "0 seconds".to_owned(),
        0..MINUTE => of(seconds, "second"),
        MINUTE..HOUR => of(seconds / MINUTE, "minute"),
        HOUR..DAY => of(seconds / HOUR, "hour"),
        _ if seconds < 2 * DAY => of(seconds / HOUR, "hour"),
        _ => of(seconds / DAY, "day"),
    }
}

/// How long ago a kind was last fetched: a warning from `hours`, critical from twice that.
pub fn age(kind: Kind, last_success: Option<i64>, now: i64, hours: u32) -> Check {
    let id = format!("age_{kind}");
    let warning = i64::from(hours) * HOUR;
    let Some(last) = last_success else {
        return Check::bad(
            id,
            State::Critical,
            format!("{kind}: never fetched"),
            format!("run `tornsnap fetch {kind}` and read what it says"),
        );
    };
    let age = (now - last).max(0);
    let value = Value {
        warning: Some(warning),
        critical: Some(2 * warning),
        ..Value::plain(age, "s")
    };
    let state = match age {
        _ if age >= 2 * warning => State::Critical,
        _ if age >= warning => State::Warning,
        _ => State::Ok,
    };
    let message = format!("{kind}: last fetched {} ago", span(age));
    match state {
        State::Ok => Check::ok(id, message),
        _ => Check::bad(
            id,
            state,
            message,
            format!("run `tornsnap fetch {kind}`, and see whether the scheduler still starts it"),
        ),
    }
    .with(value)
}

/// Runs that failed in a row: one is a warning, more than `most` are critical.
pub fn failures(kind: Kind, in_a_row: i64, error: Option<&str>, most: u32) -> Check {
    let id = format!("failures_{kind}");
    let most = i64::from(most);
    let value = Value {
        warning: Some(0),
        critical: Some(most),
        ..Value::plain(in_a_row, "")
    };
    let why = error.map_or_else(String::new, |error| format!(": {error}"));
    let times = match in_a_row {
        1 => "the last run failed".to_owned(),
        _ => format!("the last {in_a_row} runs failed"),
    };
    match in_a_row {
        0 => Check::ok(id, format!("{kind}: no run failed since the last success")),
        _ => Check::bad(
            id,
            if in_a_row > most {
                State::Critical
            } else {
                State::Warning
            },
            format!("{kind}: {times}{why}"),
            format!("run `tornsnap -v fetch {kind}` and read what it says"),
        ),
    }
    .with(value)
}

/// Runs of all kinds that were killed within a day.
pub fn killed(killed: &[(Kind, i64)]) -> Check {
    let value = Value {
        warning: Some(0),
        ..Value::plain(count(killed.len()), "")
    };
    match killed {
        [] => Check::ok("killed_runs", "no run was killed in the last 24 hours"),
        [(kind, at), ..] => Check::bad(
            "killed_runs",
            State::Warning,
            format!(
                "{} in the last 24 hours, the latest one of {kind}, begun {}",
                match killed.len() {
                    1 => "1 run was killed".to_owned(),
                    number => format!("{number} runs were killed"),
                },
                iso(*at)
            ),
            "see whether the scheduler ends runs early, the memory ran out or the machine went down",
        ),
    }
    .with(value)
}

/// A time without any success of a kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Gap {
    /// What was not fetched.
    pub kind: Kind,
    /// The success before it.
    pub from: i64,
    /// The success after it.
    pub to: i64,
}

/// Gaps of the last seven days.
///
/// One is over and done with, and was told of while it lasted; from two on, the schedule cannot be relied on.
pub fn gaps(gaps: &[Gap]) -> Check {
    let value = Value {
        warning: Some(1),
        ..Value::plain(count(gaps.len()), "")
    };
    let longest = gaps.iter().max_by_key(|gap| gap.to - gap.from).map(|gap| {
        format!(
            "{} without {}, until {}",
            span(gap.to - gap.from),
            gap.kind,
            iso(gap.to)
        )
    });
    match (gaps.len(), longest) {
        (1, Some(longest)) => Check::ok("gaps", format!("one gap in the last 7 days: {longest}")),
        (number, Some(longest)) => Check::bad(
            "gaps",
            State::Warning,
            format!("{number} gaps in the last 7 days, the longest {longest}"),
            "see whether the machine sleeps or the scheduler skips runs at those times",
        ),
        _ => Check::ok("gaps", "no gaps in the last 7 days"),
    }
    .with(value)
}

/// One key, as the last run left it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyFact {
    /// As in the configuration.
    pub name: String,
    /// Torn refuses it for good.
    pub is_dead: bool,
    /// Rests until then.
    pub paused_until: Option<i64>,
    /// What Torn said last.
    pub last_error: Option<String>,
    /// 1 public, 2 minimal, 3 limited, 4 full, 0 custom; `None`: not known.
    pub access_level: Option<i64>,
}

/// The keys: all dead is critical, some is a warning, and so is it when all rest for more than an hour.
pub fn keys(keys: &[KeyFact], now: i64) -> Check {
    let dead: Vec<&KeyFact> = keys.iter().filter(|key| key.is_dead).collect();
    let value = Value {
        warning: Some(0),
        critical: (!keys.is_empty()).then(|| count(keys.len()) - 1),
        ..Value::plain(count(dead.len()), "")
    };
    let names = |keys: &[&KeyFact]| {
        let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
        names.join(", ")
    };
    let resting = keys
        .iter()
        .filter(|key| !key.is_dead && key.paused_until.is_some_and(|until| until > now))
        .count();
    let until = keys.iter().filter_map(|key| key.paused_until).min();
    if let Some(first) = dead.first() {
        let why = first
            .last_error
            .as_ref()
            .map_or_else(String::new, |error| format!(": {error}"));
        let (state, message) = if dead.len() == keys.len() {
            (
                State::Critical,
                format!("Torn refuses every key ({}){why}", names(&dead)),
            )
        } else {
            (
                State::Warning,
                format!(
                    "Torn refuses {} of {} keys ({}){why}",
                    dead.len(),
                    keys.len(),
                    names(&dead)
                ),
            )
        };
        return Check::bad(
            "keys",
            state,
            message,
            "make a new key at torn.com/preferences.php#tab=api and put it in the place of the old one",
        )
        .with(value);
    }
    let refused: Vec<&KeyFact> = keys
        .iter()
        .filter(|key| key.paused_until.is_some_and(|until| until > now + HOUR))
        .filter(|key| key.last_error.is_some())
        .collect();
    if let Some(first) = refused.first()
        && refused.len() < keys.len()
    {
        let why = first.last_error.as_deref().unwrap_or_default();
        return Check::bad(
            "keys",
            State::Warning,
            format!(
                "{} of {} keys rest for a day ({}): {why}",
                refused.len(),
                keys.len(),
                names(&refused)
            ),
            "see with the owner of that key whether it is paused, or put another in its place",
        )
        .with(value);
    }
    if let Some(until) = until
        && !keys.is_empty()
        && resting == keys.len()
        && until > now + HOUR
    {
        return Check::bad(
            "keys",
            State::Warning,
            format!("all keys rest, the first until {}", iso(until)),
            "wait, or add a key of another player",
        )
        .with(value);
    }
    let mut message = match keys.len() {
        0 => "no key was used yet".to_owned(),
        1 => "1 key, in use".to_owned(),
        number => format!("{number} keys, in use"),
    };
    if resting > 0 {
        message = format!("{message}, {resting} of them resting for a while");
    }
    let public: Vec<&KeyFact> = keys
        .iter()
        .filter(|key| matches!(key.access_level, Some(1 | 2)))
        .collect();
    if !public.is_empty() {
        message = format!(
            "{message}; no battle stats with {}, for want of Limited access",
            names(&public)
        );
    }
    Check::ok("keys", message).with(value)
}

/// The configured keys that cannot be read, each with the reason: some is a warning, all is critical.
pub fn key_files(configured: usize, unreadable: &[(String, String)]) -> Check {
    let value = Value {
        warning: Some(0),
        critical: (configured > 0).then(|| count(configured) - 1),
        ..Value::plain(count(unreadable.len()), "")
    };
    if unreadable.is_empty() {
        let message = match configured {
            0 => "no key is configured".to_owned(),
            1 => "the configured key can be read".to_owned(),
            number => format!("the {number} configured keys can be read"),
        };
        return Check::ok("key_files", message).with(value);
    }
    let each: Vec<String> = unreadable
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    let state = if unreadable.len() < configured {
        State::Warning
    } else {
        State::Critical
    };
    Check::bad(
        "key_files",
        state,
        format!(
            "{} of {configured} configured keys cannot be read: {}",
            unreadable.len(),
            each.join("; ")
        ),
        "put the key on the first line of that file, readable for its owner alone, or remove the key from the configuration",
    )
    .with(value)
}

/// Whether Torn makes this address wait.
pub fn address(paused: Option<(i64, &str)>) -> Check {
    match paused {
        None => Check::ok("address", "Torn answers this address"),
        Some((until, reason)) => Check::bad(
            "address",
            State::Warning,
            format!("no calls before {}: {reason}", iso(until)),
            "wait; if it comes back, lower requests_per_minute",
        ),
    }
}

/// Answers that did not fit in the last day.
pub fn rejected(answers: i64, newest: Option<&str>, most: u32) -> Check {
    let most = i64::from(most);
    let value = Value {
        warning: Some(most),
        ..Value::plain(answers, "")
    };
    let message = match (answers, newest) {
        (0, _) => "every answer of the last 24 hours was understood".to_owned(),
        (_, Some(newest)) => {
            format!(
                "{answers} answers of the last 24 hours were not understood, the newest: {newest}"
            )
        }
        _ => format!("{answers} answers of the last 24 hours were not understood"),
    };
    if answers > most {
        Check::bad(
            "rejected",
            State::Warning,
            message,
            "look at the table rejected_payloads; Torn may have changed an answer, so see whether tornsnap has an update",
        )
    } else {
        Check::ok("rejected", message)
    }
    .with(value)
}

/// Days into a month after which the one before it should be summarized and pruned.
const GRACE: i64 = 3 * DAY;

/// Finished months whose detail has no summary, three days after their end.
pub fn summaries(missing: &[Month], now: i64) -> Check {
    let late: Vec<&Month> = missing
        .iter()
        .filter(|month| now >= month.end() + GRACE)
        .collect();
    let value = Value {
        warning: Some(0),
        ..Value::plain(count(late.len()), "")
    };
    match late.as_slice() {
        [] => Check::ok(
            "summaries",
            "every finished month is summarized, or about to be",
        ),
        [first, ..] => Check::bad(
            "summaries",
            State::Warning,
            match late.len() {
                1 => format!("{first} is not summarized"),
                number => format!("{number} months are not summarized, the first {first}"),
            },
            "run `tornsnap summarize`",
        ),
    }
    .with(value)
}

/// Detail that the retention lets go, three days into a month.
pub fn retention(is_overdue: bool, cutoff: i64, now: i64) -> Check {
    let in_time = Month::of(now).is_some_and(|month| now < month.start() + GRACE);
    if is_overdue && !in_time {
        return Check::bad(
            "retention",
            State::Warning,
            format!("there is detail from before {} to prune", day(cutoff)),
            "run `tornsnap prune`, or raise keep_months",
        );
    }
    Check::ok(
        "retention",
        format!(
            "detail from before {} is pruned, or there is none",
            day(cutoff)
        ),
    )
}

fn day(unix: i64) -> String {
    iso(unix).chars().take(10).collect()
}

/// How old the last verified backup is.
pub fn backup(last: Option<i64>, now: i64, days: u32, what: &str) -> Check {
    let warning = i64::from(days) * DAY;
    let remedy = "run `tornsnap backup`, and see whether the scheduler still starts it";
    let Some(last) = last else {
        return Check::bad(
            "backup",
            State::Warning,
            format!("there is no verified backup in {what}"),
            remedy,
        );
    };
    let age = (now - last).max(0);
    let value = Value {
        warning: Some(warning),
        ..Value::plain(age, "s")
    };
    let message = format!("last verified backup {} ago: {what}", span(age));
    if age >= warning {
        Check::bad("backup", State::Warning, message, remedy)
    } else {
        Check::ok("backup", message)
    }
    .with(value)
}

/// Free space: a warning below the reserve, critical below a quarter of it.
pub fn disk(free: u64, reserve: u64) -> Check {
    let value = Value {
        warning: Some(signed(reserve)),
        critical: Some(signed(reserve / 4)),
        is_minimum: true,
        ..Value::plain(signed(free), "B")
    };
    let message = format!("{} free on the database's disk", in_words(free));
    let remedy = "free some space on that disk, or move the database";
    match free {
        _ if free < reserve / 4 => Check::bad("disk", State::Critical, message, remedy),
        _ if free < reserve => Check::bad("disk", State::Warning, message, remedy),
        _ => Check::ok("disk", message),
    }
    .with(value)
}

/// The rows of one table; for graphs.
pub fn rows(table: &str, rows: i64) -> Option<Check> {
    (rows > 0).then(|| {
        Check::ok(format!("rows_{table}"), format!("{} rows", grouped(rows)))
            .with(Value::plain(rows, ""))
    })
}

/// From how many bytes on a WAL says that something keeps it from being folded into the database.
const LARGE_WAL: u64 = 256_000_000;

/// The size of the database and its rows.
pub fn size(bytes: u64, rows: i64) -> Check {
    Check::ok(
        "size",
        format!("{} with {} rows", in_words(bytes), grouped(rows)),
    )
    .with(Value::plain(signed(bytes), "B"))
}

/// The size of the WAL.
pub fn wal(bytes: u64) -> Check {
    let value = Value {
        warning: Some(signed(LARGE_WAL)),
        ..Value::plain(signed(bytes), "B")
    };
    let message = format!("{} in the WAL", in_words(bytes));
    if bytes > LARGE_WAL {
        Check::bad(
            "wal",
            State::Warning,
            message,
            "close programs that keep the database open for reading: while they do, the WAL cannot shrink",
        )
    } else {
        Check::ok("wal", message)
    }
    .with(value)
}

/// How far the clock may be behind the newest row, for machines that do not quite agree.
const TOLERANCE: i64 = 5 * MINUTE;

/// Whether the clock is behind what was recorded.
pub fn clock(newest: Option<i64>, now: i64) -> Check {
    let ahead = newest.map_or(0, |newest| newest - now).max(0);
    let value = Value {
        warning: Some(TOLERANCE),
        ..Value::plain(ahead, "s")
    };
    if ahead > TOLERANCE {
        return Check::bad(
            "clock",
            State::Warning,
            format!("the clock is {} behind the newest row", span(ahead)),
            "set the clock (it was ahead when that row was written, or is behind now); until then prune refuses",
        )
        .with(value);
    }
    Check::ok("clock", "the clock agrees with the newest row").with(value)
}

/// The oldest SQLite without the bug that could corrupt a WAL database. <https://sqlite.org/releaselog/3_51_3.html>
const SOUND_SQLITE: i32 = 3_051_003;

/// The SQLite in this program.
pub fn sqlite(version: &str, number: i32) -> Check {
    if number < SOUND_SQLITE {
        return Check::bad(
            "sqlite",
            State::Warning,
            format!("SQLite {version} has a bug that can corrupt a database in WAL mode"),
            "update tornsnap",
        );
    }
    Check::ok("sqlite", format!("SQLite {version}"))
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// What was last told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Told {
    /// The state.
    pub state: State,
    /// When.
    pub at: i64,
}

/// Why something is told now.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Occasion {
    /// Worse than what was last told.
    Worse,
    /// Better, but not well.
    Better,
    /// Well again.
    Recovered,
    /// Critical since a day.
    StillCritical,
}

impl Occasion {
    /// The word in messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Recovered => "recovered",
            Self::StillCritical => "still_critical",
        }
    }
}

/// A schedule that starts a few minutes early must not make a day of two.
const ABOUT_A_DAY: i64 = DAY - 10 * MINUTE;

/// Whether to tell, and why: when the state is another than was last told, and daily while it is critical.
pub fn occasion(told: Option<Told>, state: State, now: i64) -> Option<Occasion> {
    let last = told.map_or(State::Ok, |told| told.state);
    match state.cmp(&last) {
        std::cmp::Ordering::Greater => Some(Occasion::Worse),
        std::cmp::Ordering::Less if state == State::Ok => Some(Occasion::Recovered),
        std::cmp::Ordering::Less => Some(Occasion::Better),
        std::cmp::Ordering::Equal => {
            let since = told.map_or(0, |told| now - told.at);
            // A clock that was set back must not silence it.
            (state == State::Critical && !(0..ABOUT_A_DAY).contains(&since))
                .then_some(Occasion::StillCritical)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_775_044_800; // 2026-04-01T12:00:00Z

    #[test]
    fn a_kind_is_stale_after_its_hours_and_critical_after_twice_as_many() {
        let state = |seconds| age(Kind::Players, Some(NOW - seconds), NOW, 24).state;

        assert_eq!(
            state(-60),
            State::Ok,
            "a clock that is behind is another check's business"
        );
        assert_eq!(state(24 * HOUR - 1), State::Ok);
        assert_eq!(state(24 * HOUR), State::Warning);
        assert_eq!(state(48 * HOUR - 1), State::Warning);
        assert_eq!(state(48 * HOUR), State::Critical);
        assert_eq!(age(Kind::Players, None, NOW, 24).state, State::Critical);
    }

    #[test]
    fn one_failed_run_is_a_warning_and_too_many_are_critical() {
        let state = |in_a_row| failures(Kind::Wars, in_a_row, Some("down"), 3).state;

        assert_eq!(state(0), State::Ok);
        assert_eq!(state(1), State::Warning);
        assert_eq!(state(3), State::Warning);
        assert_eq!(state(4), State::Critical);
    }

    #[test]
    fn keys_that_cannot_be_read_are_named_and_all_of_them_is_critical() {
        let gone = |name: &str| {
            let why = format!("{name}.key: there is no such file");
            (name.to_owned(), why)
        };

        assert_eq!(key_files(0, &[]).state, State::Ok);
        assert_eq!(key_files(2, &[]).state, State::Ok);
        let some = key_files(3, &[gone("alice"), gone("bob")]);
        assert_eq!(some.state, State::Warning);
        assert_eq!(
            some.message,
            "2 of 3 configured keys cannot be read: alice: alice.key: there is no such file; \
             bob: bob.key: there is no such file"
        );
        assert_eq!(key_files(1, &[gone("alice")]).state, State::Critical);
    }

    #[test]
    fn keys_are_judged_by_how_many_are_left() {
        let key = |name: &str, is_dead, pause: Option<i64>| KeyFact {
            name: name.to_owned(),
            is_dead,
            paused_until: pause.map(|seconds| NOW + seconds),
            last_error: None,
            access_level: Some(3),
        };
        let state = |list: &[KeyFact]| keys(list, NOW).state;

        assert_eq!(state(&[]), State::Ok);
        assert_eq!(state(&[key("a", false, None)]), State::Ok);
        assert_eq!(
            state(&[key("a", true, None), key("b", false, None)]),
            State::Warning
        );
        assert_eq!(state(&[key("a", true, None)]), State::Critical);
        assert_eq!(
            state(&[key("a", false, Some(60))]),
            State::Ok,
            "a minute's rest"
        );
        assert_eq!(state(&[key("a", false, Some(2 * HOUR))]), State::Warning);
        assert_eq!(state(&[key("a", false, Some(-60))]), State::Ok, "over");
    }

    #[test]
    fn a_key_that_torn_refuses_for_a_day_is_named_with_the_reason() {
        let key = |name: &str, pause: Option<i64>| KeyFact {
            name: name.to_owned(),
            is_dead: false,
            paused_until: pause.map(|seconds| NOW + seconds),
            last_error: pause.map(|_| "Torn answered error 18: paused".to_owned()),
            access_level: Some(3),
        };

        let check = keys(&[key("alice", Some(DAY)), key("bob", None)], NOW);

        assert_eq!(check.state, State::Warning);
        assert_eq!(
            check.message,
            "1 of 2 keys rest for a day (alice): Torn answered error 18: paused"
        );
    }

    #[test]
    fn what_is_due_after_a_month_has_three_days() {
        let march: Month = "2026-03".parse().unwrap();
        let february: Month = "2026-02".parse().unwrap();

        assert_eq!(
            summaries(&[march], march.end() + 3 * DAY - 1).state,
            State::Ok
        );
        assert_eq!(
            summaries(&[march], march.end() + 3 * DAY).state,
            State::Warning
        );
        assert_eq!(
            summaries(&[february, march], march.end()).state,
            State::Warning
        );
        assert_eq!(
            retention(true, february.start(), march.end()).state,
            State::Ok
        );
        assert_eq!(
            retention(true, february.start(), march.end() + 3 * DAY).state,
            State::Warning
        );
        assert_eq!(
            retention(false, february.start(), march.end() + 3 * DAY).state,
            State::Ok
        );
    }

    #[test]
    fn space_backups_clock_and_rejects_have_their_limits() {
        assert_eq!(disk(256, 256).state, State::Ok);
        assert_eq!(disk(255, 256).state, State::Warning);
        assert_eq!(disk(63, 256).state, State::Critical);
        assert_eq!(disk(0, 0).state, State::Ok, "no reserve is wanted");
        assert_eq!(
            backup(Some(NOW - 7 * DAY + 1), NOW, 7, "x").state,
            State::Ok
        );
        assert_eq!(
            backup(Some(NOW - 7 * DAY), NOW, 7, "x").state,
            State::Warning
        );
        assert_eq!(backup(None, NOW, 7, "x").state, State::Warning);
        assert_eq!(clock(Some(NOW + 5 * MINUTE), NOW).state, State::Ok);
        assert_eq!(clock(Some(NOW + 5 * MINUTE + 1), NOW).state, State::Warning);
        assert_eq!(clock(None, NOW).state, State::Ok);
        assert_eq!(rejected(10, None, 10).state, State::Ok);
        assert_eq!(rejected(11, Some("why"), 10).state, State::Warning);
        assert_eq!(wal(LARGE_WAL + 1).state, State::Warning);
        assert_eq!(sqlite("3.51.2", 3_051_002).state, State::Warning);
    }

    #[test]
    fn one_gap_is_over_and_two_are_a_habit() {
        let gap = Gap {
            kind: Kind::Players,
            from: NOW - 2 * DAY,
            to: NOW - 3 * HOUR,
        };

        assert_eq!(gaps(&[]).state, State::Ok);
        assert_eq!(gaps(&[gap]).state, State::Ok);
        assert_eq!(gaps(&[gap, gap]).state, State::Warning);
    }

    #[test]
    fn the_first_line_is_what_monitoring_plugins_print() {
        let checks = [
            age(Kind::Players, Some(NOW - 120), NOW, 24),
            disk(1000, 100),
            Check::ok("sqlite", "SQLite 3"),
        ];
        assert_eq!(
            first_line(&checks),
            "TORNSNAP OK - 3 checks, all well | age_players=120s;86400;172800 disk=1000B;100:;25:"
        );

        let worse = [
            Check::bad("a", State::Warning, "a|b", "x"),
            Check::bad("b", State::Critical, "c|d", "x"),
        ];
        assert_eq!(first_line(&worse), "TORNSNAP CRITICAL - c/d (and 1 more)");
    }

    #[test]
    fn each_change_is_told_once_and_what_is_critical_daily() {
        let told = |state, ago| {
            Some(Told {
                state,
                at: NOW - ago,
            })
        };
        for (before, state, expected) in [
            (None, State::Ok, None),
            (None, State::Warning, Some(Occasion::Worse)),
            (
                told(State::Ok, HOUR),
                State::Critical,
                Some(Occasion::Worse),
            ),
            (told(State::Warning, HOUR), State::Warning, None),
            (told(State::Warning, 9 * DAY), State::Warning, None),
            (
                told(State::Warning, HOUR),
                State::Critical,
                Some(Occasion::Worse),
            ),
            (
                told(State::Critical, HOUR),
                State::Warning,
                Some(Occasion::Better),
            ),
            (
                told(State::Critical, HOUR),
                State::Ok,
                Some(Occasion::Recovered),
            ),
            (told(State::Critical, 23 * HOUR), State::Critical, None),
            (
                told(State::Critical, 24 * HOUR),
                State::Critical,
                Some(Occasion::StillCritical),
            ),
            (
                told(State::Critical, -HOUR),
                State::Critical,
                Some(Occasion::StillCritical),
            ),
        ] {
            assert_eq!(occasion(before, state, NOW), expected, "{before:?} {state}");
        }
    }
}
