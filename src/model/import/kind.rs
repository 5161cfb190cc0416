//! The kinds of columns that an import reads.

/// The conversion of the values of a column; `cell.rs` has the rules.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A positive number, without which the row means nothing.
    Id,
    /// A positive number. 0 is unknown in lenient files, as for the kinds below.
    OptionalId,
    /// The faction that holds a tile. NULL means "no owner", so a row with an unusable value cannot be taken.
    Owner,
    /// A number from 1 on.
    Positive,
    /// A number from 0 on.
    Count,
    /// A number from 0 on. Torn never has 0 there, so it is unknown in lenient files.
    NonZero,
    /// Any whole number.
    Amount,
    /// Any whole number. Torn never has 0 there, so it is unknown in lenient files.
    NonZeroAmount,
    /// When the row was recorded.
    Moment,
    /// The start of a UTC month.
    Month,
    /// The start of a UTC month that is over.
    PastMonth,
    /// When the state was observed; missing means never.
    Updated,
    /// When the row was inserted; missing means now.
    Created,
    /// When a war began or ended.
    Event,
    Tile,
    OptionalTile,
    /// The part of `x,y`: 0 is x, 1 is y.
    Coordinate(usize),
    Text,
    /// A text that is never empty.
    FilledText,
    Name,
    Word(&'static [&'static str]),
    RequiredWord(&'static [&'static str]),
    /// The name of the key.
    Source,
    /// 0 or 1.
    Flag,
}

impl Kind {
    /// Whether the values are times to the second.
    pub(crate) fn is_time(self) -> bool {
        matches!(
            self,
            Self::Moment | Self::Updated | Self::Created | Self::Event
        )
    }

    /// Whether a row without a usable value cannot be taken.
    pub(crate) fn is_required(self) -> bool {
        matches!(
            self,
            Self::Id
                | Self::Owner
                | Self::Moment
                | Self::Month
                | Self::PastMonth
                | Self::Updated
                | Self::Tile
                | Self::RequiredWord(_)
        )
    }

    /// Whether the values are whole numbers, or times, which are stored as such.
    pub(crate) fn is_whole(self) -> bool {
        let is_text = matches!(
            self,
            Self::Text
                | Self::FilledText
                | Self::Name
                | Self::Word(_)
                | Self::RequiredWord(_)
                | Self::Source
        );
        !is_text && !matches!(self, Self::Tile | Self::OptionalTile | Self::Coordinate(_))
    }

    /// Whether a CSV file has to have the column.
    pub(crate) fn is_needed_in_csv(self) -> bool {
        self.is_required() && self != Self::Updated
    }
}
