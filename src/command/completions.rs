//! `tornsnap completions`: prints what a shell needs to complete the commands, options and values of the program.

use clap::ValueEnum;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;
use serde::Serialize;

use crate::command::{Context, Outcome};
use crate::error::{Exit, Result};
use crate::output::terminal;
use crate::store::export::view_names;

/// Print the completions for a shell: with them, Tab completes commands and options
#[derive(clap::Args, Debug)]
#[command(after_long_help = "\
Examples:
  Complete in bash, from the next shell on:
    echo 'source <(tornsnap completions bash)' >> ~/.bashrc

  Complete in fish:
    mkdir -p ~/.config/fish/completions
    tornsnap completions fish > ~/.config/fish/completions/tornsnap.fish

  Complete in zsh; the folder has to be in $fpath:
    mkdir -p ~/.zfunc
    tornsnap completions zsh > ~/.zfunc/_tornsnap")]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Serialize)]
struct Report {
    shell: String,
    script: String,
}

/// The scripts of some shells offer hidden values of arguments, too.
fn without_hidden_values(command: clap::Command) -> clap::Command {
    let visible_only = |argument: clap::Arg| {
        let values = argument.get_possible_values();
        if !values.iter().any(clap::builder::PossibleValue::is_hide_set) {
            return argument;
        }
        let visible: Vec<_> = values
            .into_iter()
            .filter(|value| !value.is_hide_set())
            .collect();
        argument.value_parser(PossibleValuesParser::new(visible))
    };
    command
        .mut_args(visible_only)
        .mut_subcommands(without_hidden_values)
}

/// Prints the completions of `program`, the definition of the command line.
pub(crate) fn run(context: &Context, args: &Args, mut program: clap::Command) -> Result<Outcome> {
    // The command itself takes any table or view of the database, and the completions offer the views for people.
    program = program.mut_subcommand("export", |export| {
        export.mut_arg("dataset", |dataset| {
            dataset.value_parser(PossibleValuesParser::new(view_names()))
        })
    });
    program = without_hidden_values(program);
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "tornsnap", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    if !context.json {
        terminal::print_line(script.trim_end())
            .map_err(|error| terminal::write_error("the completions", error))?;
    }
    let shell = args.shell.to_possible_value();
    Ok(Outcome::new(Exit::Done).with_report(Report {
        shell: shell.map_or_else(String::new, |shell| shell.get_name().to_owned()),
        script,
    }))
}
