//! `tornsnap man`: prints or writes the manual pages.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Command, ValueHint};
use clap_mangen::Man;
use serde::Serialize;

use crate::command::clock::BUILD_DAY;
use crate::command::new_folders::new_folder_note;
use crate::command::own_files::OwnFiles;
use crate::command::{Context, Outcome};
use crate::config::Settings;
use crate::error::{Exit, Result, WithContext};
use crate::model::path::display_path;
use crate::model::size::count;
use crate::model::time::iso;
use crate::output::destination::Destination;
use crate::output::terminal;
use crate::store::owner::{Purpose, explain_forbidden};

/// Print the manual page of the program, or write the pages of all commands into a folder
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  Write the page of the program, for `man ./tornsnap.1`:
    tornsnap man > tornsnap.1

  Install the pages of all commands, so that `man tornsnap-fetch` finds them:
    tornsnap man --output ~/.local/share/man/man1")]
pub(crate) struct Args {
    /// Write a page for each command into this folder, which is made if it is missing
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Report {
    /// The page of the program, if no folder was named.
    page: Option<String>,
    files: Vec<String>,
}

/// A manual page and the name of its file.
struct Page {
    name: String,
    text: String,
}

/// Prints or writes the pages of `program`, the definition of the command line.
pub(crate) fn run(context: &Context, args: &Args, mut program: Command) -> Result<Outcome> {
    program.build();
    let Some(folder) = &args.output else {
        let Page { text, .. } = page_of(&program)?;
        if !context.json {
            terminal::print_line(text.trim_end())
                .map_err(|error| terminal::write_error("the manual page", error))?;
        }
        return Ok(Outcome::new(Exit::Done).with_report(Report {
            page: Some(text),
            files: Vec::new(),
        }));
    };
    // The pages are the same whatever the configuration is, so a broken one is no obstacle.
    let own = Settings::resolve(&context.overrides)
        .ok()
        .map(|settings| OwnFiles::of(&settings));
    let mut pages = Vec::new();
    add_pages(&program, &mut pages)?;
    let place = new_folder_note(folder);
    fs::create_dir_all(folder).with_context(|| format!("make the folder {}", folder.display()))?;
    let files = pages
        .iter()
        .map(|page| write(folder, page, own.as_ref()))
        .collect::<Result<Vec<_>>>()?;
    Ok(Outcome::done(
        format!(
            "wrote {} to {}{place}",
            count(files.len(), "manual page"),
            folder.display()
        ),
        Report { page: None, files },
    ))
}

/// Adds the page of the command and those of its subcommands.
fn add_pages(command: &Command, pages: &mut Vec<Page>) -> Result<()> {
    pages.push(page_of(command)?);
    for subcommand in command.get_subcommands() {
        if !subcommand.is_hide_set() && subcommand.get_name() != "help" {
            add_pages(subcommand, pages)?;
        }
    }
    Ok(())
}

fn page_of(command: &Command) -> Result<Page> {
    let man = Man::new(command.clone())
        .manual("tornsnap")
        // Formatters take no page without a date.
        .date(&iso(BUILD_DAY)[..10])
        .source(format!("tornsnap {}", env!("CARGO_PKG_VERSION")));
    let mut text = Vec::new();
    man.render(&mut text)
        .with_context(|| format!("make the manual page of {}", command.get_name()))?;
    Ok(Page {
        name: man.get_filename(),
        text: mended(&String::from_utf8_lossy(&text), command),
    })
}

/// The page of `clap_mangen` with the values of the options in the synopsis, and without the breaks that formatters skip.
fn mended(text: &str, command: &Command) -> String {
    // The section after the options has only examples.
    let mut text = text
        .replace("\n.SH EXTRA\nExamples:\n", "\n.SH EXAMPLES\n")
        .replace("\n.br\n\n.br\n", "\n.sp\n");
    let (Some(start), Some(end)) = (text.find("\n.SH SYNOPSIS"), text.find("\n.SH DESCRIPTION"))
    else {
        return text;
    };
    let mut synopsis = text[start..end].to_owned();
    let options = command.get_arguments();
    for option in options.filter(|option| option.get_action().takes_values()) {
        if let (Some(long), Some([value, ..])) = (option.get_long(), option.get_value_names()) {
            let flag = format!("\\fB\\-\\-{}\\fR]", long.replace('-', "\\-"));
            let with_value = format!(
                "{} \\fI{}\\fR]",
                flag.trim_end_matches(']'),
                value.replace('-', "\\-")
            );
            synopsis = synopsis.replace(&flag, &with_value);
        }
    }
    text.replace_range(start..end, &synopsis);
    text
}

fn write(folder: &Path, page: &Page, own: Option<&OwnFiles>) -> Result<String> {
    let path = folder.join(&page.name);
    let action = || format!("write {}", path.display());
    let or = "name another folder with --output";
    if let Some(own) = own {
        own.refuse(&path, &action(), or)?;
    }
    let mut target = Destination::open(&path)
        .map_err(|error| explain_forbidden(error, &path, Purpose::Write { or }))?;
    target
        .write_all(page.text.as_bytes())
        .and_then(|()| target.sync())
        .with_context(action)?;
    target.persist(&path)?;
    Ok(display_path(&path))
}
