//! The ways in which a test changes a field, and the required outcome for each class of field.

use serde::Deserialize;
use serde_json::{Value, json};

/// A way to change a field.
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
    /// The largest number of 64 bits with a sign.
    Largest,
    Float,
    True,
    EmptyList,
    /// So many numbers: a list must never pass for an object with so many fields.
    List(usize),
    EmptyObject,
    OtherObject,
    /// An item of a list twice.
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
    /// The value that takes the place of the field.
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
    /// Nothing else is read, and nothing is rejected.
    Same,
    /// The facts of the row are not known; all others are as before.
    Unknown,
    /// The facts of the row have other values; all others are as before.
    Changed,
    /// The item has another id and is decoded beside the others.
    Renamed,
    /// The part that has the field is rejected at that field; everything beside it is as before.
    Rejected,
    /// The same, where the facts of the row are a part of their own inside of an item that stays.
    RejectedInside,
    /// The part is not there; nothing is rejected.
    Gone,
}

/// The meaning of a field.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
pub enum Class {
    /// No decoder reads it.
    Ignored,
    /// The id that was asked for.
    Subject,
    /// The id of an item.
    Id,
    /// The id of something that a part refers to.
    Reference,
    /// The three letters of a tile.
    Tile,
    /// The same, where the tile may be unknown.
    TileOrNone,
    Count,
    Positive,
    Whole,
    /// A whole number that has to be there.
    NeededWhole,
    Real,
    Text,
    /// A text with a replacement for null.
    TextElse,
    Name,
    /// A name that may be empty.
    OldName,
    /// An optional object.
    Group,
    /// A selection, a war or another object that has to be there.
    Object,
    List,
    Item,
    /// The rights of a key. Its access level decides where they cannot be read.
    Access,
    /// A list of words that may be missing.
    Words,
    WordItem,
    /// Null or 0 says "none", a missing field says nothing.
    NoneMeans,
    /// The racket on a tile, its name and its level.
    RacketPart,
    RacketName,
    RacketLevel,
    /// Null or 0 says "none", and a missing field is not known.
    Seat,
    Moment,
    /// The moment that a war begins.
    Start,
    /// The moment that a war ends; null or 0 while it goes on.
    End,
    /// The end of a ranked war that goes on: without a winner it says nothing.
    EndAhead,
    /// The winner of a war that goes on.
    NoWinner,
    /// The winner of a war that is over.
    Winner,
    /// The winner that a territory report names beside its result.
    NamedWinner,
    /// The result of a territory war that goes on.
    NoResult,
    /// The result of a territory war that is over.
    Result,
    /// The result in a report, which also names the winner.
    ReportResult,
    Forfeit,
    /// The role of the first side, which is true.
    Aggressor,
    /// The role of the second side, which is false.
    Defender,
    /// The sides of a war, one of them, or the id of the one that has won.
    Sides,
    /// The selection `wars`, or its ranked war; or a report.
    Wars,
    War,
    Report,
    /// The list of owners: only `[]` is an empty one.
    OwnerList,
    /// The daily figures.
    Figures,
    /// One daily figure, or its name: without it there is no networth.
    Figure,
}

/// The required outcome for a field of this class.
#[expect(
    clippy::match_same_arms,
    reason = "the arms are in the order of the classes"
)]
pub fn outcome(class: Class, change: Change) -> Outcome {
    use Change::{
        Digits, Drop, Empty, EmptyList, EmptyObject, Float, Fraction, Huge, Largest, List,
        Negative, Null, Number, OtherObject, True, Twice, Word, Zero,
    };
    use Outcome::{Changed, Gone, Rejected, RejectedInside, Renamed, Same, Unknown};

    let is_text = matches!(
        change,
        Word | Digits | Empty | Number | Zero | Fraction | Negative | Huge | Largest | Float
    );
    let is_count = matches!(change, Number | Digits | Zero);
    let is_none = matches!(change, Null | EmptyList | EmptyObject);
    match (class, change) {
        (Class::Ignored, _) | (Class::Item | Class::Figure, Twice) => Same,
        (Class::Id, Number | Digits) => Renamed,
        (Class::Reference, Number | Digits) => Changed,
        (Class::TileOrNone, Drop | Null) => Renamed,
        (
            Class::Count
            | Class::Moment
            | Class::Positive
            | Class::Whole
            | Class::Real
            | Class::Text,
            Drop | Null,
        ) => Unknown,
        (Class::Positive | Class::Start, Number | Digits) => Changed,
        (Class::Count | Class::Whole | Class::NeededWhole | Class::Real | Class::Seat, _)
            if is_count =>
        {
            Changed
        }
        (Class::Id, Largest) => Renamed,
        (Class::Reference | Class::Positive, Largest) => Changed,
        (Class::NoneMeans | Class::Seat | Class::RacketLevel, Largest) => Changed,
        (Class::Count | Class::Whole | Class::NeededWhole, Largest) => Changed,
        (Class::Whole | Class::NeededWhole | Class::Real, Negative) => Changed,
        (Class::Real, Fraction | Huge | Largest | Float) => Changed,
        (Class::Text | Class::TextElse | Class::WordItem | Class::OldName, _) if is_text => Changed,
        (Class::TextElse, Drop | Null) => Changed,
        (
            Class::Name | Class::RacketName,
            Word | Digits | Number | Zero | Fraction | Negative | Huge | Largest | Float,
        ) => Changed,
        (Class::Access, _) | (Class::Group, Drop | OtherObject) => Unknown,
        (Class::Group, _) if is_none => Unknown,
        (Class::Words, Drop | Null) => Unknown,
        (Class::Words, EmptyList | EmptyObject) => Changed,
        (Class::Words, List(_)) | (Class::WordItem, Drop | Twice) => Changed,
        (Class::List | Class::Wars | Class::War | Class::Report, _) if is_none => Gone,
        (Class::OwnerList, EmptyList) => Gone,
        (Class::RacketLevel, Drop | Null | Number | Digits | Zero) => Changed,
        (Class::Item, Drop) => Gone,
        (Class::NoneMeans | Class::End, Null) => Changed,
        (Class::NoneMeans | Class::End | Class::Moment, _) if is_count => Changed,
        (Class::RacketPart, _) if is_none => Changed,
        (Class::Seat, Drop) => Unknown,
        (Class::Seat, Null) => Changed,
        (Class::Start, Zero) => Changed,
        (Class::EndAhead, Null | Zero | Number | Digits) => Same,
        (Class::NoWinner, Null | Zero) => Same,
        (Class::Winner, Null | Zero) => Changed,
        (Class::NamedWinner, Drop | Null | Zero) => Same,
        (Class::NoResult, Null | Empty) => Same,
        (Class::NoResult, Word | Digits) => Changed,
        (Class::Result | Class::ReportResult, Null | Empty | Word | Digits)
        | (Class::ReportResult, Drop) => Changed,
        (Class::Forfeit | Class::Aggressor | Class::Defender, Drop | Null)
        | (Class::Aggressor, True) => Same,
        (Class::Forfeit, True) => Changed,
        (Class::Figures, Drop | EmptyObject | OtherObject | Null | EmptyList | List(_)) => Unknown,
        (Class::Figure, _) => Unknown,
        (Class::RacketPart | Class::RacketName | Class::RacketLevel, _) => RejectedInside,
        _ => Rejected,
    }
}
