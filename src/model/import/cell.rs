//! Converts one foreign value to one of ours, or says why that is not possible.

use std::collections::HashMap;
use std::num::IntErrorKind;

use crate::model::id::TerritoryId;
use crate::model::import::SourceKind;
use crate::model::import::datum::Datum;
use crate::model::import::digits;
use crate::model::import::form::{Form, is_rounded};
use crate::model::import::kind::Kind;
use crate::model::import::moment::{self, month_of_period};
use crate::model::key::KEY_LENGTH;
use crate::model::time::Month;

/// How the values of one file are read.
#[derive(Clone, Debug)]
pub(crate) struct Dialect {
    pub(crate) kind: SourceKind,
    /// The offset of the clock of that program, in seconds east of UTC.
    pub(crate) offset: i64,
    /// Unix seconds.
    pub(crate) now: i64,
    /// The three letters of tiles that the file numbers.
    pub(crate) tiles: HashMap<i64, TerritoryId>,
}

/// The result of a conversion.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Converted {
    Kept(Datum),
    /// A value that differs from the stored one, and the reason.
    Mended(Datum, &'static str),
    /// The value fits no rule. The reason completes "the column …".
    Unusable(&'static str),
    /// The value is not written in this form.
    Misshapen(Form),
}

use Converted::{Kept, Mended, Misshapen, Unusable};

const ZERO: &str = "0 stood for unknown";
const TOO_LARGE: &str = "is larger than 9223372036854775807";
const TOO_SMALL: &str = "is smaller than -9223372036854775808";
const OUT_OF_RANGE: &str = "is out of range";
const MISSING: &str = "is missing";
pub(crate) const MONTH_IS_NOT_OVER: &str = "is the start of a month that is not over";

impl Dialect {
    /// Without any numbered tile.
    pub(crate) fn new(kind: SourceKind, offset: i64, now: i64) -> Self {
        Self {
            kind,
            offset,
            now,
            tiles: HashMap::new(),
        }
    }

    /// Whether the file is of the Python program. It stored 0 for unknown values, and its columns took every type.
    fn is_lenient(&self) -> bool {
        self.kind == SourceKind::Plan
    }

    /// Converts a value for a column of this kind.
    pub(crate) fn convert(&self, kind: Kind, cell: &Datum) -> Converted {
        if !self.is_lenient() && kind.is_whole() && cell.text().is_some_and(is_rounded) {
            return Misshapen(Form::Unrounded);
        }
        match kind {
            Kind::Id => match self.number(cell, 1) {
                Kept(Datum::Null) | Mended(Datum::Null, _) => Unusable(MISSING),
                other => other,
            },
            Kind::NonZero if !self.is_lenient() => self.number(cell, 0),
            Kind::OptionalId | Kind::Owner | Kind::Positive | Kind::NonZero => self.number(cell, 1),
            Kind::Count => self.number(cell, 0),
            Kind::Amount => self.number(cell, i64::MIN),
            Kind::NonZeroAmount => match self.number(cell, i64::MIN) {
                Kept(Datum::Integer(0)) | Mended(Datum::Integer(0), _) if self.is_lenient() => {
                    Mended(Datum::Null, ZERO)
                }
                other => other,
            },
            Kind::Moment => self.moment(cell),
            Kind::Month => self.month(cell),
            Kind::PastMonth => self.past_month(cell),
            Kind::Updated | Kind::Created => self.updated(cell),
            Kind::Event => self.event(cell),
            Kind::Tile => match self.tile(cell) {
                Kept(Datum::Null) => Unusable(MISSING),
                other => other,
            },
            Kind::OptionalTile => self.tile(cell),
            Kind::Coordinate(axis) => self.coordinate(cell, axis),
            Kind::Text | Kind::FilledText | Kind::Name => self.text(cell),
            Kind::Word(words) => word(cell, words),
            Kind::RequiredWord(words) => match word(cell, words) {
                Kept(Datum::Null) => Unusable(MISSING),
                other => other,
            },
            Kind::Source => self.source(cell),
            Kind::Flag => flag(cell),
        }
    }

    /// A whole number that is not below `least`. In a lenient file, 0 below `least` is unknown.
    fn number(&self, cell: &Datum, least: i64) -> Converted {
        let (number, mend) = match cell {
            Datum::Null => return Kept(Datum::Null),
            Datum::Integer(number) => (*number, None),
            Datum::Real(number) => match digits::whole(*number) {
                Some(whole) => (whole, Some("a decimal number became a whole one")),
                None => return Misshapen(Form::WholeNumber),
            },
            Datum::Text(text) => match self.number_in_text(text) {
                Some(found) => found,
                None => return why_no_number(text),
            },
        };
        if number == 0 && least == 1 && self.is_lenient() {
            return Mended(Datum::Null, ZERO);
        }
        if number < least {
            return Unusable(OUT_OF_RANGE);
        }
        match mend {
            Some(mend) => Mended(Datum::Integer(number), mend),
            None => Kept(Datum::Integer(number)),
        }
    }

    /// A number in a text. The columns of CSV are all text, so that is nothing to mend there.
    fn number_in_text(&self, text: &str) -> Option<(i64, Option<&'static str>)> {
        let mend = self.is_lenient().then_some("text became a number");
        let text = if self.is_lenient() { text.trim() } else { text };
        if let Ok(number) = text.parse::<i64>() {
            return (!text.starts_with('+') || self.is_lenient()).then_some((number, mend));
        }
        if !self.is_lenient() {
            return None;
        }
        Some((digits::written_for_people(text)?, mend))
    }

    /// When a row was recorded.
    fn moment(&self, cell: &Datum) -> Converted {
        if cell.is_null() || *cell == Datum::Integer(0) {
            return Unusable(MISSING);
        }
        let Some(found) = moment::read(cell, self.offset) else {
            return Misshapen(Form::Moment);
        };
        if let Some(flaw) = moment::impossible(found.at, self.now) {
            return Unusable(flaw);
        }
        self.as_converted(found)
    }

    /// The start of a month. The Python program stored it in local time, so `tidy` moves it.
    fn month(&self, cell: &Datum) -> Converted {
        let converted = self.moment(cell);
        let (Kept(Datum::Integer(at)) | Mended(Datum::Integer(at), _)) = converted else {
            return converted;
        };
        if self.is_lenient() || Month::of(at).is_some_and(|month| month.start() == at) {
            converted
        } else {
            Unusable("is not the start of a UTC month")
        }
    }

    /// The start of a month that is over.
    fn past_month(&self, cell: &Datum) -> Converted {
        let converted = self.month(cell);
        let (Kept(Datum::Integer(at)) | Mended(Datum::Integer(at), _)) = converted else {
            return converted;
        };
        match month_of_period(at) {
            Some(month) if month.end() <= self.now => converted,
            _ => Unusable(MONTH_IS_NOT_OVER),
        }
    }

    /// When a state was observed. 0 and a missing value mean: never.
    fn updated(&self, cell: &Datum) -> Converted {
        match cell {
            Datum::Null => Mended(
                Datum::Integer(0),
                "the time of the observation is not known",
            ),
            Datum::Integer(0) => Kept(Datum::Integer(0)),
            // 0, as `export` writes it.
            Datum::Text(_)
                if !self.is_lenient()
                    && moment::read(cell, 0).is_some_and(|found| found.at == 0) =>
            {
                Kept(Datum::Integer(0))
            }
            other => self.moment(other),
        }
    }

    /// When a war began or ended, in Torn's words. Torn's own numbers are UTC whatever the clock of the program was.
    fn event(&self, cell: &Datum) -> Converted {
        let is_number = |cell: &Datum| match cell {
            Datum::Text(text) => text.trim().parse::<f64>().is_ok(),
            _ => true,
        };
        let offset = if is_number(cell) { 0 } else { self.offset };
        match (cell, moment::read(cell, offset)) {
            (Datum::Null, _) => Kept(Datum::Null),
            (Datum::Integer(0), _) if self.is_lenient() => Mended(Datum::Null, ZERO),
            (_, None) => Misshapen(Form::Moment),
            (_, Some(found)) if !moment::is_possible_event(found.at, self.now) => {
                Unusable(OUT_OF_RANGE)
            }
            (_, Some(found)) => self.as_converted(found),
        }
    }

    /// In strict files text is the usual form of a time, so only lenient ones count it as mended.
    fn as_converted(&self, found: moment::Moment) -> Converted {
        let value = Datum::Integer(found.at);
        match found.mend {
            Some(mend) if self.is_lenient() => Mended(value, mend),
            _ => Kept(value),
        }
    }

    fn tile(&self, cell: &Datum) -> Converted {
        let number = match cell {
            Datum::Null => return Kept(Datum::Null),
            Datum::Integer(0) if self.is_lenient() => return Kept(Datum::Null),
            Datum::Integer(number) => Some(*number),
            Datum::Real(number) => digits::whole(*number),
            Datum::Text(text) => {
                let trimmed = text.trim();
                if let Ok(tile) = TerritoryId::exact(trimmed) {
                    let value = Datum::Text(tile.to_string());
                    return if trimmed == text {
                        Kept(value)
                    } else {
                        Mended(value, "blanks were removed")
                    };
                }
                if let Ok(tile) = trimmed.parse::<TerritoryId>() {
                    let value = Datum::Text(tile.to_string());
                    return Mended(value, "small letters became capitals");
                }
                trimmed.parse().ok()
            }
        };
        match number {
            Some(number) => match self.tiles.get(&number) {
                Some(tile) => Mended(
                    Datum::Text(tile.to_string()),
                    "a number became the three letters of the tile at its coordinates",
                ),
                None => Unusable("is a number, and no known tile has its coordinates"),
            },
            None => Unusable("is not three letters"),
        }
    }

    fn text(&self, cell: &Datum) -> Converted {
        match cell {
            Datum::Null => Kept(Datum::Null),
            Datum::Integer(number) => {
                Mended(Datum::Text(number.to_string()), "a number became text")
            }
            Datum::Real(number) => Mended(Datum::Text(number.to_string()), "a number became text"),
            Datum::Text(text) if !self.is_lenient() => Kept(Datum::Text(text.clone())),
            Datum::Text(text) if text.trim().is_empty() => {
                Mended(Datum::Null, "an empty text stood for unknown")
            }
            Datum::Text(text) => {
                let decoded = html_escape::decode_html_entities(text);
                if decoded == text.as_str() {
                    Kept(Datum::Text(text.clone()))
                } else {
                    Mended(
                        Datum::Text(decoded.into_owned()),
                        "HTML entities were decoded",
                    )
                }
            }
        }
    }

    /// The name of a key. The Python program stored keys themselves, whole or masked.
    fn source(&self, cell: &Datum) -> Converted {
        let Datum::Text(text) = cell else {
            return self.text(cell);
        };
        // Only the name of a key, because tornsnap itself wrote the file. Anyone can write CSV.
        if self.kind == SourceKind::Tornsnap {
            return self.text(cell);
        }
        let longest = text
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .map(str::len)
            .max()
            .unwrap_or(0);
        let shown = text.chars().filter(char::is_ascii_alphanumeric).count();
        let is_masked = ["*", "…", "..."].iter().any(|mask| text.contains(mask));
        if longest == KEY_LENGTH || (is_masked && shown > 8) {
            return Mended(
                Datum::Null,
                "it looked like an API key, which is never stored",
            );
        }
        self.text(cell)
    }
}

impl Dialect {
    /// One of the two numbers of `x,y`, or a number alone.
    fn coordinate(&self, cell: &Datum, axis: usize) -> Converted {
        match cell {
            Datum::Text(text) if !self.is_lenient() => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Kept(Datum::Real(number)),
                _ => Unusable("is not a number"),
            },
            Datum::Null => Kept(Datum::Null),
            #[expect(clippy::cast_precision_loss, reason = "the map of Torn is small")]
            Datum::Integer(number) => Kept(Datum::Real(*number as f64)),
            Datum::Real(number) if !number.is_finite() => Unusable(OUT_OF_RANGE),
            Datum::Real(number) => Kept(Datum::Real(*number)),
            Datum::Text(text) if text.trim().is_empty() => {
                Mended(Datum::Null, "an empty text stood for unknown")
            }
            Datum::Text(text) => match numbers(text).as_slice() {
                [one] => Kept(Datum::Real(*one)),
                [x, y] => Kept(Datum::Real([*x, *y][axis])),
                _ => Unusable("is not \"x,y\""),
            },
        }
    }
}

/// The numbers in a text such as `12.5,7`, `(12.5; 7)` or `{"x": 12.5, "y": 7}`.
pub(crate) fn numbers(text: &str) -> Vec<f64> {
    text.split(|letter: char| !(letter.is_ascii_digit() || matches!(letter, '.' | '-')))
        .filter(|part| !part.is_empty())
        .filter_map(|part| part.parse().ok())
        .filter(|number: &f64| number.is_finite())
        .collect()
}

fn word(cell: &Datum, words: &[&str]) -> Converted {
    match cell {
        Datum::Null => Kept(Datum::Null),
        Datum::Text(text) if words.contains(&text.as_str()) => Kept(Datum::Text(text.clone())),
        Datum::Text(text) => {
            let lower = text.trim().to_ascii_lowercase().replace([' ', '-'], "_");
            if words.contains(&lower.as_str()) {
                Mended(Datum::Text(lower), "written as Torn writes it")
            } else {
                Unusable("is an unknown word")
            }
        }
        _ => Unusable("is an unknown word"),
    }
}

fn flag(cell: &Datum) -> Converted {
    match cell {
        Datum::Null => Kept(Datum::Null),
        Datum::Integer(0 | 1) => Kept(cell.clone()),
        Datum::Text(text) if text == "0" || text == "1" => {
            Kept(Datum::Integer(i64::from(text == "1")))
        }
        _ => Unusable("is neither 0 nor 1"),
    }
}
/// Why a text is not a whole number that a column can hold.
fn why_no_number(text: &str) -> Converted {
    match text.trim().parse::<i64>().map_err(|error| *error.kind()) {
        Err(IntErrorKind::PosOverflow) => Unusable(TOO_LARGE),
        Err(IntErrorKind::NegOverflow) => Unusable(TOO_SMALL),
        _ => Misshapen(Form::WholeNumber),
    }
}
