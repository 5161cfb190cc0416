//! The findings of `config check`: printing, the report and the exit code.

use serde::Serialize;

use crate::config::Problem;
use crate::error::{Error, Exit, Result};
use crate::model::size::count;
use crate::output::printable::printable;
use crate::output::terminal;

/// The action of `--online` in errors.
pub(super) const ASK_TORN: &str = "ask Torn";

/// The results of all checks, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

/// The result of one check.
#[derive(Debug, Serialize)]
struct Finding {
    /// The thing that was checked, such as `key alice`.
    subject: String,
    state: State,
    message: String,
    /// The line in the configuration file.
    line: Option<usize>,
    /// The field in the configuration, such as `api.concurrency`.
    field: Option<String>,
    r#try: Option<String>,
    #[serde(skip)]
    exit: Exit,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warning,
    Problem,
}

/// The fields that `config check` adds to its report.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    /// The absolute path; `None` if there is no configuration file.
    pub(super) config: Option<String>,
    /// Whether Torn was asked.
    pub(super) online: bool,
    problems: usize,
    warnings: usize,
    findings: &'a [Finding],
}

impl Findings {
    pub(super) fn ok(&mut self, subject: impl Into<String>, message: impl Into<String>) {
        self.add(State::Ok, subject, message, None, Exit::Done);
    }

    pub(super) fn warn(
        &mut self,
        subject: impl Into<String>,
        message: impl Into<String>,
        remedy: &str,
    ) {
        self.add(State::Warning, subject, message, Some(remedy), Exit::Done);
    }

    fn add(
        &mut self,
        state: State,
        subject: impl Into<String>,
        message: impl Into<String>,
        remedy: Option<&str>,
        exit: Exit,
    ) {
        self.0.push(Finding {
            subject: subject.into(),
            state,
            message: message.into(),
            line: None,
            field: None,
            r#try: remedy.map(str::to_owned),
            exit,
        });
    }

    /// Adds a problem, with the help and the exit code of the error.
    pub(super) fn problem(&mut self, subject: impl Into<String>, error: &Error) {
        self.add_problem(subject, error.one_line(), error);
    }

    /// Adds a problem whose subject says what could not be done, so that only the causes are new.
    pub(super) fn problem_because(&mut self, subject: impl Into<String>, error: &Error) {
        self.add_problem(subject, error.causes().join(": "), error);
    }

    fn add_problem(&mut self, subject: impl Into<String>, message: String, error: &Error) {
        self.add(State::Problem, subject, message, error.help(), error.exit());
    }

    /// Adds a mistake in a line of the configuration.
    pub(super) fn mistake(&mut self, problem: &Problem) {
        self.problem_because("configuration", &problem.error);
        if let Some(finding) = self.0.last_mut() {
            finding.line = problem.line;
            finding.field.clone_from(&problem.field);
            // The same help for each line would only be noise.
            if problem.line.is_some() {
                finding.r#try = None;
            }
        }
    }

    /// Whether a field of the configuration is wrong. The settings then have its default.
    pub(super) fn is_wrong(&self, field: &str) -> bool {
        let fields = self.0.iter().filter_map(|finding| finding.field.as_deref());
        fields
            .filter_map(|wrong| wrong.strip_prefix(field))
            .any(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    pub(super) fn has_problems(&self) -> bool {
        self.problems() > 0
    }

    pub(super) fn problems(&self) -> usize {
        self.count(State::Problem)
    }

    /// Whether each problem passes by itself, such as a Torn that cannot be reached.
    pub(super) fn are_all_passing(&self) -> bool {
        self.0
            .iter()
            .filter(|finding| finding.state == State::Problem)
            .all(|finding| finding.exit == Exit::TryLater)
    }

    fn count(&self, state: State) -> usize {
        self.0
            .iter()
            .filter(|finding| finding.state == state)
            .count()
    }

    /// The exit code: that of a wrong configuration, then that of a key, then the first other one.
    pub(super) fn exit(&self) -> Exit {
        let exits = || {
            let problems = self
                .0
                .iter()
                .filter(|finding| finding.state == State::Problem);
            problems.map(|finding| finding.exit)
        };
        [Exit::Config, Exit::NoKey]
            .into_iter()
            .find(|exit| exits().any(|found| found == *exit))
            .or_else(|| exits().next())
            .unwrap_or(Exit::Done)
    }

    /// Counts the findings: "2 problems, 1 warning".
    pub(super) fn describe(&self) -> String {
        let problems = count(self.count(State::Problem), "problem");
        match self.count(State::Warning) {
            0 => problems,
            warnings => format!("{problems}, {}", count(warnings, "warning")),
        }
    }

    pub(super) fn report(&self, config: Option<String>, online: bool) -> Report<'_> {
        Report {
            config,
            online,
            problems: self.count(State::Problem),
            warnings: self.count(State::Warning),
            findings: &self.0,
        }
    }

    /// Prints the findings on stdout; with `--quiet`, only the problems.
    pub(super) fn print(&self, only_problems: bool) -> Result<()> {
        for finding in &self.0 {
            let word = match finding.state {
                State::Problem => "problem",
                _ if only_problems => continue,
                State::Ok => "ok",
                State::Warning => "warning",
            };
            // The lines are for people, also in a pipe, and texts of the configuration and of Torn are in them.
            let finding_line = format!("{}: {}", finding.subject, finding.message);
            let mut lines = vec![format!("{word:8} {}", printable(&finding_line))];
            if let Some(remedy) = &finding.r#try {
                lines.push(format!("{:8} try: {}", "", printable(remedy)));
            }
            terminal::print("the findings", &lines.join("\n"))?;
        }
        Ok(())
    }
}
