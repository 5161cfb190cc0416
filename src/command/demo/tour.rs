//! Prints the end of the demo: a table, the page of `health`, and commands to try.

use std::path::Path;

use crate::command::{Context, health};
use crate::config::{FILE_NAME, Settings};
use crate::error::Result;
use crate::model::path::shell_word;
use crate::model::size::group_digits;
use crate::output::terminal::{self, Verbosity};
use crate::store::Store;
use crate::store::examples::ExampleIds;

/// Prints everything on stdout.
pub(super) fn print(context: &Context, settings: &Settings) -> Result<()> {
    let store = Store::open_read_only(&settings.database)?;
    let league = league(&store)?;
    let ids = store.example_ids()?;
    drop(store);
    if !league.is_empty() {
        print_line(&league)?;
    }
    print_line("\nThe page of `tornsnap health`:\n")?;
    health::print_page(&Context {
        settings: settings.clone(),
        overrides: context.overrides.clone(),
        verbosity: Verbosity::Normal,
        json: false,
    })?;
    print_line(&next_steps(settings, &ids))
}

fn print_line(text: &str) -> Result<()> {
    terminal::print("the result of the demo", text)
}

/// A table of the players who gained most; empty if no month is summarized.
fn league(store: &Store) -> Result<String> {
    let rows = store.league()?;
    let Some(first) = rows.first() else {
        return Ok(String::new());
    };
    let mut lines = vec![
        format!(
            "\nThe players who gained most networth in {} (the view player_league):\n",
            first.month
        ),
        format!("  {:20} {:>6} {:>15}", "name", "levels", "networth"),
    ];
    lines.extend(rows.iter().map(|row| {
        let levels = row.level_change.map(|change| change.to_string());
        format!(
            "  {:20} {:>6} {:>15}",
            row.name,
            levels.unwrap_or_default(),
            group_digits(row.networth_change)
        )
    }));
    Ok(lines.join("\n"))
}

fn next_steps(settings: &Settings, ids: &ExampleIds) -> String {
    let program = program();
    let database = shell_word(&settings.database);
    let config = settings.config_file.as_deref();
    let config = shell_word(config.unwrap_or(Path::new(FILE_NAME)));
    let mut lines = vec![format!("\nThe database is {database}. Try:\n")];
    let mut export = |arguments: String| {
        lines.push(format!(
            "  {program} export {arguments} --time iso --database {database}"
        ));
    };
    if let Some(player) = ids.player {
        export(format!("player_stats_history --player {player}"));
    }
    if let Some(war) = ids.war {
        export(format!("war_status_history --war {war}"));
    }
    if let Some(tile) = &ids.territory {
        export(format!("territory_ownership_history --territory {tile}"));
    }
    lines.push(format!(
        "  {program} backup --verify latest --config {config}\n"
    ));
    lines.join("\n")
}

/// The path of the executable, because the program may not be on the PATH.
fn program() -> String {
    let here = std::env::current_dir().ok();
    std::env::current_exe().map_or_else(
        |_| "tornsnap".to_owned(),
        |path| {
            let short = here
                .as_deref()
                .and_then(|here| path.strip_prefix(here).ok());
            shell_word(short.unwrap_or(&path))
        },
    )
}
