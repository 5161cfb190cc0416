//! How rows are written: the flags and the name of the file decide.

use std::path::Path;

use crate::command::Context;
use crate::command::export::format::{Ending, FormatName};
use crate::command::export::{Args, TimeName, usage};
use crate::config;
use crate::error::Result;
use crate::output::parquet_file::Schema;
use crate::output::rows::{CsvStyle, Format, RowFormat, TimestampFormat};
use crate::output::terminal;
use crate::output::width;
use crate::store::export::Dataset;

/// How rows are written.
pub(super) struct OutputStyle {
    pub(super) name: FormatName,
    pub(super) format: RowFormat,
}

impl OutputStyle {
    /// Resolves the defaults and refuses options that do not go together. Without an `output`, rows go to stdout.
    pub(super) fn from_args(context: &Context, args: &Args, output: Option<&Path>) -> Result<Self> {
        let ending = match output {
            Some(path) if !args.all => Ending::of(path),
            _ => Ending::Unknown,
        };
        let name = format_name(context, args, output, ending)?;
        refuse_options_of_other_formats(args, name)?;
        let is_tab_separated = args.format.is_none() && ending == Ending::TabSeparated;
        let csv = CsvStyle {
            spreadsheet: args.spreadsheet,
            null: args.null.clone().unwrap_or_default(),
            delimiter: args
                .delimiter
                .unwrap_or(if is_tab_separated { b'\t' } else { b',' }),
        };
        let format = match name {
            FormatName::Csv if csv.null.bytes().any(|byte| csv.is_special(byte)) => {
                return Err(usage("use that text for --null")
                    .with_source(
                        "it holds a delimiter, a quote or a line break, and NULL is never quoted",
                    )
                    .with_help("name another text, such as NULL"));
            }
            FormatName::Csv => Format::Csv(csv),
            FormatName::Json => Format::Json,
            FormatName::Jsonl => Format::JsonLines,
            FormatName::Table => Format::Table {
                null: csv.null,
                width: output.is_none().then(table_width).flatten(),
            },
            FormatName::Md => Format::Markdown { null: csv.null },
            FormatName::Xlsx => Format::Workbook,
            // The types of the columns are not known yet.
            FormatName::Parquet => Format::Parquet(Schema::default()),
        };
        let shows_dates = args.spreadsheet
            || matches!(name, FormatName::Table | FormatName::Md | FormatName::Xlsx);
        let timestamps = match args.time {
            _ if args.spreadsheet && args.time != Some(TimeName::Unix) => TimestampFormat::Text,
            None if shows_dates => TimestampFormat::Text,
            None | Some(TimeName::Unix) => TimestampFormat::Unix,
            Some(TimeName::Iso) => TimestampFormat::Iso,
        };
        Ok(Self {
            name,
            format: RowFormat { format, timestamps },
        })
    }

    /// The columns to write; empty: all. Tables for people leave out the text of a time (`…_utc`), because they show the
    /// time itself as text.
    pub(super) fn columns(&self, dataset: &Dataset, wanted: &[String]) -> Vec<String> {
        let is_for_people = matches!(self.name, FormatName::Table | FormatName::Md);
        if !wanted.is_empty() || !is_for_people || self.format.timestamps == TimestampFormat::Unix {
            return wanted.to_vec();
        }
        dataset.columns_without_time_texts()
    }
}

/// The width of a table on stdout; `None`: lines may have any length.
fn table_width() -> Option<u16> {
    width::width().or_else(config::columns)
}

fn format_name(
    context: &Context,
    args: &Args,
    output: Option<&Path>,
    ending: Ending,
) -> Result<FormatName> {
    let to_stdout = output.is_none() && !args.list;
    if let (Some(path), Ending::Compressed) = (output, ending) {
        return Err(usage(&format!("write {}", path.display()))
            .with_source("exports are not compressed")
            .with_help("leave out the last ending, and compress the file afterwards; or pipe stdout into gzip"));
    }
    if let (Some(path), Ending::OtherSpreadsheet, None) = (output, ending, args.format) {
        let named = path.with_extension("xlsx");
        return Err(usage(&format!("write {}", path.display()))
            .with_source("of the formats of spreadsheets, only xlsx can be written")
            .with_help(format!(
                "write {}, which Excel and LibreOffice open; or add --format csv to keep the name",
                named.display()
            )));
    }
    if let (Some(path), Ending::Unsupported, None) = (output, ending, args.format) {
        return Err(usage(&format!("write {}", path.display()))
            .with_source("files with this ending have a format that is not written")
            .with_help(
                "end the name with .csv, .tsv, .json, .jsonl, .txt, .md, .xlsx or .parquet; or add --format csv to keep the name",
            ));
    }
    match (args.format, ending) {
        (None, _) if context.json && to_stdout => Ok(FormatName::Json),
        (None, Ending::Format(name)) => Ok(name),
        (None, _) => Ok(FormatName::Csv),
        (Some(name), _) if context.json && to_stdout && name != FormatName::Json => Err(usage(
            "write more than one JSON document to stdout with --json",
        )
        .with_help("use --format json, or write the rows to a file with --output")),
        (Some(name @ (FormatName::Xlsx | FormatName::Parquet)), _)
            if to_stdout && terminal::is_stdout_terminal() =>
        {
            let kind = if name == FormatName::Xlsx {
                "a workbook"
            } else {
                "Parquet"
            };
            Err(usage(&format!("write {kind} to a terminal"))
                .with_source("it is not text")
                .with_help(format!(
                    "name a file with --output, such as players.{}",
                    name.ending()
                )))
        }
        (Some(name), _) => Ok(name),
    }
}

fn refuse_options_of_other_formats(args: &Args, name: FormatName) -> Result<()> {
    let is_csv = name == FormatName::Csv;
    let has_null = is_csv || matches!(name, FormatName::Table | FormatName::Md);
    for Restricted {
        flag,
        is_given,
        is_usable,
        meaning,
    } in [
        Restricted {
            flag: "--spreadsheet",
            is_given: args.spreadsheet,
            is_usable: is_csv,
            meaning: "how CSV is written",
        },
        Restricted {
            flag: "--delimiter",
            is_given: args.delimiter.is_some(),
            is_usable: is_csv,
            meaning: "how CSV is written",
        },
        Restricted {
            flag: "--time",
            is_given: args.time.is_some(),
            is_usable: name != FormatName::Parquet,
            meaning: "how times are written, and Parquet has a type for them",
        },
        Restricted {
            flag: "--null",
            is_given: args.null.is_some(),
            is_usable: has_null,
            meaning: "how NULL is written in CSV and in tables",
        },
    ] {
        if is_given && !is_usable {
            let name = name.as_str();
            return Err(usage(&format!("use {flag} with the format {name}"))
                .with_source(format!("it says {meaning}"))
                .with_help("leave it out, or use --format csv"));
        }
    }
    Ok(())
}

/// An option that not every format has.
struct Restricted {
    flag: &'static str,
    is_given: bool,
    is_usable: bool,
    meaning: &'static str,
}
