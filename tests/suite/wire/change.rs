//! The changes that a test makes to a field, and the required outcome for each class of field.

use serde::Deserialize;
use serde_json::{Value, json};

/// A change of one field.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    Drop,
    Null,
    Word,
    Digits,
    Empty,
    Number,
    Zero,
    Fraction,
    Negative,
    Huge,
    /// The largest signed 64-bit number.
    Largest,
    Float,
    True,
    EmptyList,
    /// A list of this many numbers. It must not be decoded as an object with this many fields.
    List(usize),
    EmptyObject,
    OtherObject,
    /// The item of a list appears twice.
    Twice,
}

pub const CHANGES: &[Change] = {
    use Change::{
        Digits, Drop, Empty, EmptyList, EmptyObject, Float, Fraction, Huge, Largest, List,
        Negative, Null, Number, OtherObject, True, Twice, Word, Zero,
    };
    &[
        Drop,
        Null,
        Word,
        Digits,
        Empty,
        Number,
        Zero,
        Fraction,
        Negative,
        Huge,
        Largest,
        Float,
        True,
        EmptyList,
        List(1),
        List(2),
        List(3),
        List(4),
        List(5),
        List(6),
        List(9),
        List(14),
        EmptyObject,
        OtherObject,
        Twice,
    ]
};

impl Change {
    /// The new value of the field, or `None` if the change does not replace the value.
    pub fn value(self) -> Option<Value> {
        Some(match self {
            Self::Drop | Self::Twice => return None,
            Self::Null => json!(null),
            Self::Word => json!("x y"),
            Self::Digits => json!("12"),
            Self::Empty => json!(""),
            Self::Number => json!(12),
            Self::Zero => json!(0),
            Self::Fraction => json!(1.5),
            Self::Negative => json!(-12),
            Self::Huge => json!(u64::MAX),
            Self::Largest => json!(i64::MAX),
            Self::Float => json!(1e300),
            Self::True => json!(true),
            Self::EmptyList => json!([]),
            Self::List(count) => json!(vec![12; count]),
            Self::EmptyObject => json!({}),
            Self::OtherObject => json!({ "other": 1 }),
        })
    }
}

/// The required outcome of a change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// All facts stay the same, and nothing is rejected.
    Same,
    /// The facts of the row become unknown. All other facts stay the same.
    Unknown,
    /// At least one fact of the row changes. All other facts stay the same.
    Changed,
    /// The item gets another id. All other items stay the same.
    Renamed,
    /// The part with the field is rejected, and the error has the path of the field. All other parts stay the same.
    Rejected,
    /// The field is rejected and the facts of the row become unknown. The item with the field stays.
    RejectedInside,
    /// The part is missing, and nothing is rejected.
    Gone,
}

/// The meaning and the encoding of a field.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub enum Class {
    /// No decoder reads it.
    Ignored,
    /// The requested id.
    Subject,
    /// The id of an item.
    Id,
    /// The id of another entity to which a part refers.
    Reference,
    /// The three letters of a tile.
    Tile,
    /// The three letters of a tile; the field may be missing or null.
    TileOrNone,
    Count,
    Positive,
    Whole,
    /// A required whole number.
    RequiredWhole,
    Real,
    Text,
    /// A text that has a default.
    TextOrDefault,
    Name,
    /// A name that may be empty.
    NameOrEmpty,
    /// An optional object.
    Group,
    /// A required object.
    Object,
    List,
    Item,
    /// The selections that a key may read. If they cannot be decoded, its access level is used.
    Access,
    /// An optional list of words.
    Words,
    WordItem,
    /// The id of a faction. Null and 0 mean that there is none, and a missing field is an error.
    FactionOrNone,
    /// The racket on a tile.
    RacketPart,
    RacketName,
    RacketLevel,
    /// The player in a seat. Null and 0 mean that the seat is vacant, and a missing field means that it is unknown.
    Seat,
    Timestamp,
    /// The start of a war.
    Start,
    /// The end of a war; null or 0 until it is known.
    End,
    /// The end of a running ranked war. It has no meaning before the war has a winner.
    EndOfRunningRankedWar,
    /// The winner of a running war.
    WinnerOfRunningWar,
    /// The winner of a finished war.
    Winner,
    /// The winner of a territory war. It is not used if the war has a result.
    UnusedWinner,
    /// The result of a running territory war.
    ResultOfRunningWar,
    /// The result of a finished territory war.
    Result,
    /// The result in a report, which also has the winner.
    ReportResult,
    Forfeit,
    /// `is_aggressor` of the first side, which is true.
    Aggressor,
    /// `is_aggressor` of the second side, which is false.
    Defender,
    /// Both sides of a war, one side, or the id of the side that has won.
    Sides,
    /// The selection `wars`.
    Wars,
    /// The ranked war in the selection `wars`.
    War,
    Report,
    /// The list of owners. It is empty only if it is `[]`.
    OwnerList,
    /// The list of daily values in `personalstats`.
    DailyStats,
    /// The daily value of the networth, or its name. Without it there is no networth.
    DailyStat,
}

/// The required outcome for a field of this class.
pub fn outcome(class: Class, change: Change) -> Outcome {
    outcome_of_id(class, change)
        .or_else(|| outcome_of_number(class, change))
        .or_else(|| outcome_of_text(class, change))
        .or_else(|| outcome_of_part(class, change))
        .or_else(|| outcome_of_tile_or_seat(class, change))
        .or_else(|| outcome_of_war_field(class, change))
        .unwrap_or(match class {
            Class::RacketPart | Class::RacketName | Class::RacketLevel => Outcome::RejectedInside,
            _ => Outcome::Rejected,
        })
}

/// Whether the new value is a whole number from 0 that an id or a timestamp may have.
fn is_count(change: Change) -> bool {
    matches!(change, Change::Number | Change::Digits | Change::Zero)
}

/// Whether the new value can be decoded as a text.
fn is_text(change: Change) -> bool {
    use Change::{Digits, Empty, Float, Fraction, Huge, Largest, Negative, Number, Word, Zero};

    matches!(
        change,
        Word | Digits | Empty | Number | Zero | Fraction | Negative | Huge | Largest | Float
    )
}

/// Whether the new value is one that PHP encodes in place of a missing object.
fn is_none(change: Change) -> bool {
    matches!(
        change,
        Change::Null | Change::EmptyList | Change::EmptyObject
    )
}

/// The accepted changes of an id.
fn outcome_of_id(class: Class, change: Change) -> Option<Outcome> {
    use Change::{Digits, Drop, Largest, Null, Number};

    match (class, change) {
        (Class::Id, Number | Digits | Largest) | (Class::TileOrNone, Drop | Null) => {
            Some(Outcome::Renamed)
        }
        (Class::Reference, Number | Digits | Largest) => Some(Outcome::Changed),
        _ => None,
    }
}

/// The accepted changes of a number.
fn outcome_of_number(class: Class, change: Change) -> Option<Outcome> {
    use Change::{Digits, Drop, Float, Fraction, Huge, Largest, Negative, Null, Number};

    match (class, change) {
        (
            Class::Count | Class::Timestamp | Class::Positive | Class::Whole | Class::Real,
            Drop | Null,
        ) => Some(Outcome::Unknown),
        (Class::Positive, Number | Digits | Largest)
        | (Class::Count | Class::Whole | Class::RequiredWhole | Class::Real, Largest)
        | (Class::Whole | Class::RequiredWhole | Class::Real, Negative)
        | (Class::Real, Fraction | Huge | Float) => Some(Outcome::Changed),
        (
            Class::Count | Class::Timestamp | Class::Whole | Class::RequiredWhole | Class::Real,
            change,
        ) if is_count(change) => Some(Outcome::Changed),
        _ => None,
    }
}

/// The accepted changes of a text.
fn outcome_of_text(class: Class, change: Change) -> Option<Outcome> {
    use Change::{Drop, Empty, Null, Twice};

    match (class, change) {
        (Class::Text, Drop | Null) => Some(Outcome::Unknown),
        (Class::TextOrDefault, Drop | Null) | (Class::WordItem, Drop | Twice) => {
            Some(Outcome::Changed)
        }
        (Class::Name | Class::RacketName, Empty) => None,
        (
            Class::Text
            | Class::TextOrDefault
            | Class::WordItem
            | Class::NameOrEmpty
            | Class::Name
            | Class::RacketName,
            change,
        ) if is_text(change) => Some(Outcome::Changed),
        _ => None,
    }
}

/// The accepted changes of an object, a list or an item.
fn outcome_of_part(class: Class, change: Change) -> Option<Outcome> {
    use Change::{Drop, EmptyList, EmptyObject, List, Null, OtherObject, Twice};

    match (class, change) {
        (Class::Ignored, _) | (Class::Item | Class::DailyStat, Twice) => Some(Outcome::Same),
        (Class::Access | Class::DailyStat, _)
        | (Class::Group, Drop | OtherObject)
        | (Class::Words, Drop | Null)
        | (Class::DailyStats, Drop | OtherObject | List(_)) => Some(Outcome::Unknown),
        (Class::Group | Class::DailyStats, change) if is_none(change) => Some(Outcome::Unknown),
        (Class::Words, EmptyList | EmptyObject | List(_)) => Some(Outcome::Changed),
        (Class::Item, Drop) | (Class::OwnerList, EmptyList) => Some(Outcome::Gone),
        (Class::List | Class::Wars | Class::War | Class::Report, change) if is_none(change) => {
            Some(Outcome::Gone)
        }
        _ => None,
    }
}

/// The accepted changes of a faction, a racket or a seat that may be absent.
fn outcome_of_tile_or_seat(class: Class, change: Change) -> Option<Outcome> {
    use Change::{Drop, Largest, Null};

    match (class, change) {
        (Class::Seat, Drop) => Some(Outcome::Unknown),
        (Class::FactionOrNone | Class::Seat | Class::RacketLevel, Null | Largest)
        | (Class::RacketLevel, Drop) => Some(Outcome::Changed),
        (Class::FactionOrNone | Class::Seat | Class::RacketLevel, change) if is_count(change) => {
            Some(Outcome::Changed)
        }
        (Class::RacketPart, change) if is_none(change) => Some(Outcome::Changed),
        _ => None,
    }
}

/// The accepted changes of the fields that only wars have.
fn outcome_of_war_field(class: Class, change: Change) -> Option<Outcome> {
    use Change::{Digits, Drop, Empty, Null, Number, True, Word, Zero};

    match (class, change) {
        (Class::EndOfRunningRankedWar, Null | Zero | Number | Digits)
        | (Class::WinnerOfRunningWar, Null | Zero)
        | (Class::UnusedWinner, Drop | Null | Zero)
        | (Class::ResultOfRunningWar, Null | Empty)
        | (Class::Forfeit | Class::Aggressor | Class::Defender, Drop | Null)
        | (Class::Aggressor, True) => Some(Outcome::Same),
        (Class::End, Null)
        | (Class::Winner, Null | Zero)
        | (Class::ResultOfRunningWar, Word | Digits)
        | (Class::Result | Class::ReportResult, Null | Empty | Word | Digits)
        | (Class::ReportResult, Drop)
        | (Class::Forfeit, True) => Some(Outcome::Changed),
        (Class::Start | Class::End, change) if is_count(change) => Some(Outcome::Changed),
        _ => None,
    }
}
