//! Reads a CSV file as `export` writes it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use rusqlite::{Connection, Statement};

use crate::error::{Error, Exit, Result, WithContext};
use crate::model::import::SourceKind;
use crate::model::import::cell::Dialect;
use crate::model::import::header::{self, BYTE_ORDER_MARK, Refusal, Sheet};
use crate::model::import::report::{Skip, Tally};
use crate::model::size::count;
use crate::store::import::flaw::Flaw;
use crate::store::import::records::{CellText, Record, Records, WrongQuote};
use crate::store::import::utf16::{ByteOrder, Utf16};
use crate::store::import::{
    FactionsOfPlayers, ImportOptions, MissingIds, SourceFacts, Tallies, derive, snap, staging,
};

mod row;

/// How to read a CSV file.
#[derive(Clone, Debug, Default)]
pub(crate) struct CsvOptions {
    /// The name of the table; `None`: the columns tell.
    pub(crate) dataset: Option<String>,
    /// Whether lines that cannot be taken are left out.
    pub(crate) skips_invalid: bool,
}

/// Fails if the file has no header of a table.
///
/// # Errors
///
/// [`Exit::Config`], or [`Exit::Usage`] when the dataset is unknown.
pub(super) fn check_header(path: &Path, options: &CsvOptions) -> Result<()> {
    open(path, options).map(drop)
}

/// A file whose header was read.
struct Opened {
    file: Box<dyn BufRead>,
    sheet: Sheet,
    /// The number of the next line.
    line: u64,
}

/// Opens the file and reads its header.
fn open(path: &Path, options: &CsvOptions) -> Result<Opened> {
    let action = || format!("import {}", path.display());
    let mut file = BufReader::new(File::open(path).with_context(action)?);
    if let Some((cause, help)) = other_encoding(file.fill_buf().with_context(action)?) {
        return Err(Error::new(action())
            .with_source(cause)
            .with_help(help)
            .with_exit(Exit::Config));
    }
    let mut file: Box<dyn BufRead> = match ByteOrder::of(file.fill_buf().with_context(action)?) {
        Some(order) => Box::new(BufReader::new(Utf16::new(file, order))),
        None => Box::new(file),
    };
    let mut line = 0;
    let mut next = || -> std::io::Result<String> { read_filled_line(&mut file, &mut line) };
    let mut header = next().with_context(action)?;
    while let Some(mark) = header::byte_order_mark_before_remark(&header) {
        header = format!("{mark}{}", next().with_context(action)?);
    }
    if header::is_blank(&header) {
        return Err(Error::new(action())
            .with_source("it has no rows: there is no text in it")
            .with_help("name a file that `export` wrote of a table")
            .with_exit(Exit::Config));
    }
    let sheet = read_header(&header, line, options.dataset.as_deref()).map_err(|refusal| {
        Error::new(action())
            .with_source(refusal.cause)
            .with_help(refusal.help)
            .with_exit(refusal.exit)
    })?;
    Ok(Opened {
        file,
        sheet,
        line: line + 1,
    })
}

/// Reads the next line that is not empty, with the byte order mark of the empty ones before it. `line` is the number of the
/// line that was read last.
fn read_filled_line(file: &mut impl BufRead, line: &mut u64) -> std::io::Result<String> {
    let mut mark = String::new();
    loop {
        let text = read_line(file)?;
        *line += 1;
        if text.is_empty() || !header::is_blank(&text) {
            return Ok(mark + &text);
        }
        mark.extend(text.chars().filter(|found| *found == BYTE_ORDER_MARK));
    }
}

/// Reads the header, which is in this line. Its quotes are checked as those of any other line.
fn read_header(text: &str, line: u64, dataset: Option<&str>) -> Result<Sheet, Refusal> {
    let (first, rest) = text.split_once('\r').unwrap_or((text, ""));
    if !rest.trim_matches(['\r', '\n']).is_empty() && header::read(first, dataset).is_ok() {
        return Err(Refusal {
            cause: "its lines end with carriage returns alone (\\r), as old Mac programs write them".to_owned(),
            help: "save it as \"CSV UTF-8\", or convert it with `tr '\\r' '\\n' < FILE > NEW`, and import the new file"
                .to_owned(),
            exit: Exit::Config,
        });
    }
    let sheet = header::read(text, dataset).map_err(|refusal| refusal.in_line(line))?;
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
    let mut records = Records::new(text.as_bytes(), sheet.delimiter, line);
    match records.read(&mut Record::default()) {
        Ok(Some(Err(wrong))) => {
            let flaw = Flaw::of_quotes(wrong, line, &sheet.names);
            Err(Refusal {
                cause: format!("line {line}: {}", flaw.description),
                help: "correct the header".to_owned(),
                exit: Exit::Config,
            })
        }
        _ => Ok(sheet),
    }
}

/// Recognizes a file that has to be converted before the import, by its first bytes. Returns the cause and the help of the
/// error.
fn other_encoding(start: &[u8]) -> Option<(&'static str, &'static str)> {
    match start {
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Some((
            "it is compressed with zstd",
            "decompress it with `zstd -d`, and import the new file",
        )),
        [0x1F, 0x8B, ..] => Some((
            "it is compressed with gzip",
            "decompress it with `gunzip`, and import the new file",
        )),
        [b'P', b'K', 3, 4, ..] => Some((
            "it is a workbook or another ZIP archive",
            "save the sheet as CSV in UTF-8, and import that file",
        )),
        [b'P', b'A', b'R', b'1', ..] => Some((
            "it is a Parquet file, and Parquet files are not imported",
            "import a database, or a table that `export` wrote as CSV; DuckDB writes a Parquet file as CSV",
        )),
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some((
            "its text is UTF-32",
            "save it as UTF-8, and import that file",
        )),
        _ => None,
    }
}

/// How many invalid lines an error names.
const MAX_NAMED: usize = 5;

pub(super) fn read(
    path: &Path,
    target: &Connection,
    options: &ImportOptions,
    tallies: &mut Tallies,
) -> Result<SourceFacts> {
    let Opened { file, sheet, line } = open(path, &options.csv)?;
    let records = Records::new(file, sheet.delimiter, line);
    let mut lines = Lines {
        path,
        sheet: &sheet,
        dialect: Dialect::new(SourceKind::Csv, options.offset, options.now),
        skips_invalid: options.csv.skips_invalid,
        is_utf8: true,
        is_coarse: false,
        invalid: Vec::new(),
        invalid_count: 0,
        facts: SourceFacts {
            factions_of_players: FactionsOfPlayers::of_states(
                SourceKind::Csv,
                sheet.has("faction_id"),
            ),
            missing_ids: match sheet.id {
                Some(_) => MissingIds::MayBeDeleted,
                None => MissingIds::Nothing,
            },
            ..SourceFacts::default()
        },
    };
    let tally = lines.copy(records, &mut staging::insert(target, &sheet.table)?)?;
    let is_coarse = lines.is_coarse;
    let facts = lines.finish()?;
    if is_coarse {
        snap::to_stored_rows(target, &sheet.table)?;
    }
    tallies.insert(sheet.table.name, tally);
    derive::missing_tables(target, derive::States::AreNoObservations)?;
    Ok(facts)
}

/// Reads the next line, which has no line break in a cell.
fn read_line(file: &mut impl BufRead) -> std::io::Result<String> {
    const LONGEST: u64 = 64 * 1024;
    let mut line = Vec::new();
    file.take(LONGEST).read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}

struct Lines<'a> {
    path: &'a Path,
    sheet: &'a Sheet,
    dialect: Dialect,
    skips_invalid: bool,
    /// Whether all lines so far were UTF-8.
    is_utf8: bool,
    /// Whether a row has no seconds in the time when it was recorded.
    is_coarse: bool,
    /// Descriptions of the first invalid lines.
    invalid: Vec<String>,
    invalid_count: usize,
    facts: SourceFacts,
}

impl Lines<'_> {
    fn copy<R: BufRead>(
        &mut self,
        mut records: Records<R>,
        insert: &mut Statement<'_>,
    ) -> Result<Tally> {
        let mut tally = Tally::default();
        let mut record = Record::default();
        loop {
            let read = records
                .read(&mut record)
                .with_context(|| format!("read {}", self.path.display()))?;
            match read {
                None => return Ok(tally),
                Some(Err(wrong)) => {
                    self.is_utf8 &= !matches!(wrong, WrongQuote::NotUtf8);
                    let line = match wrong {
                        WrongQuote::NeverClosed { line } => line,
                        _ => record.line,
                    };
                    let flaw = Flaw::of_quotes(wrong, record.line, &self.sheet.names);
                    self.refuse(line, flaw, &mut tally);
                }
                // Spreadsheets write the delimiters of rows without any value, too.
                Some(Ok(())) if record.is_blank() => {}
                Some(Ok(())) => {
                    if let Some(flaw) = self.missing_quote(&record) {
                        self.refuse(record.line, flaw, &mut tally);
                        records.reread_after_first_line(&record);
                        continue;
                    }
                    match self.row_with_id(&record, &mut tally) {
                        Ok((row, id)) => {
                            let within = self.within(&record);
                            self.is_coarse |= within > 0;
                            staging::add_of_csv(insert, &row, id, within)?;
                        }
                        Err(flaw) => self.refuse(record.line, flaw, &mut tally),
                    }
                }
            }
        }
    }

    /// Recognizes lines that were read as one record because a quote is missing, or is one too many.
    ///
    /// Texts may contain line breaks, so a record may span lines. No other column has them.
    fn missing_quote(&self, record: &Record) -> Option<Flaw> {
        if record.lines == 1 {
            return None;
        }
        let flaw = |reason: &str| Some(Flaw::of_joined_lines(reason, record.lines));
        if record.len() != self.sheet.width {
            return flaw(&format!("it {}", self.wrong_length(record)));
        }
        for (place, name) in self.sheet.names.iter().enumerate() {
            let Some(CellText::Text(text)) = record.cell(place) else {
                continue;
            };
            if !text.contains('\n') {
                continue;
            }
            if !self.sheet.is_text(place) {
                return flaw(&format!("column {name} contains a line break"));
            }
            if self.contains_row(record, place, text) {
                return flaw(&format!("column {name} contains a row"));
            }
        }
        None
    }

    /// Whether a line within the cell at `place` is a row of the table, together with the cells that follow.
    fn contains_row(&self, record: &Record, place: usize, text: &str) -> bool {
        let mut lines = text.split('\n').skip(1).peekable();
        while let Some(line) = lines.next() {
            let mut inner = Record::default();
            let read = Records::new(line.as_bytes(), self.sheet.delimiter, 1).read(&mut inner);
            // The last line of a text that is in the first column says nothing: each row has one.
            let has_needed = self.sheet.has_needed_before(inner.len());
            if lines.peek().is_none() {
                inner.append(record, place + 1);
            }
            if matches!(read, Ok(Some(Ok(()))))
                && has_needed
                && self.row(&inner, &mut Tally::default()).is_ok()
            {
                return true;
            }
        }
        false
    }

    fn wrong_length(&self, record: &Record) -> String {
        format!(
            "has {}, and the header {}",
            count(record.len(), "cell"),
            self.sheet.width
        )
    }

    fn refuse(&mut self, line: u64, flaw: Flaw, tally: &mut Tally) {
        if self.invalid.len() < MAX_NAMED {
            self.invalid
                .push(format!("line {line}: {}", flaw.description));
        }
        self.invalid_count += 1;
        tally.skip(Skip::Left(flaw.reason));
    }

    /// Fails if a line was invalid and may not be left out.
    fn finish(mut self) -> Result<SourceFacts> {
        if self.invalid.is_empty() {
            return Ok(self.facts);
        }
        if self.skips_invalid {
            // The ids of these lines are missing.
            self.facts.missing_ids = MissingIds::Nothing;
            return Ok(self.facts);
        }
        let more = self.invalid_count - self.invalid.len();
        let more = if more == 0 {
            String::new()
        } else {
            format!("; and {}", count(more, "more line"))
        };
        let cure = if self.is_utf8 {
            "correct the file"
        } else {
            "save it as \"CSV UTF-8\" and import the new file"
        };
        Err(Error::new(format!("import {}", self.path.display()))
            .with_source(format!("{}{more}", self.invalid.join("; ")))
            .with_help(format!(
                "{cure}, or add --skip-invalid to leave these lines out; nothing was imported"
            ))
            .with_exit(Exit::Config))
    }
}
