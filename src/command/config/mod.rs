//! `tornsnap config`: which configuration is used, each setting with its origin, and a check of all of it.

mod check;
mod files;
mod findings;
mod online;
mod path;
mod show;

pub(crate) use path::check_configured;

use crate::command::{Context, Outcome};
use crate::config::{Overrides, Settings, WhyUsed};
use crate::error::Result;

/// Show the settings and where they come from, check them, or name the configuration file
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  Show every setting, its value, and where it comes from:
    tornsnap config show

  Find all mistakes at once:
    tornsnap config check

  Also ask Torn about the keys and the followed ids:
    tornsnap config check --online")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Show every setting with its value and its origin; keys and other secrets are not shown
    Show,
    /// Check the configuration, the keys, the folders and the database, and change nothing
    Check(CheckArgs),
    /// Print the path of the configuration file, and why it is used
    Path,
}

#[derive(clap::Args, Debug)]
struct CheckArgs {
    /// Also ask Torn about each key and each followed id, within the limit of calls
    #[arg(long)]
    online: bool,
}

impl Args {
    /// The settings to start with. `check` and `path` also work when the configuration is wrong.
    ///
    /// # Errors
    ///
    /// The errors are those of [`Settings::resolve`].
    pub(crate) fn settings(&self, overrides: &Overrides) -> Result<Settings> {
        match self.action {
            Action::Show => Settings::resolve(overrides),
            Action::Check(_) | Action::Path => Ok(Settings::defaults()),
        }
    }
}

pub(crate) fn run(context: &Context, args: &Args) -> Result<Outcome> {
    match &args.action {
        Action::Show => show::run(context),
        Action::Check(args) => check::run(context, args.online),
        Action::Path => path::run(context),
    }
}

/// Why a file is used, as the end of "… because".
fn reason(why: WhyUsed) -> &'static str {
    match why {
        WhyUsed::Flag => "--config names it",
        WhyUsed::Environment => "TORNSNAP_CONFIG names it",
        WhyUsed::WorkingFolder => "it is in the working folder",
        WhyUsed::PlatformFolder => "it is in the configuration folder of this user",
    }
}

/// The word for a reason in reports.
fn reason_word(why: WhyUsed) -> &'static str {
    match why {
        WhyUsed::Flag => "flag",
        WhyUsed::Environment => "environment",
        WhyUsed::WorkingFolder => "working-folder",
        WhyUsed::PlatformFolder => "platform-folder",
    }
}
