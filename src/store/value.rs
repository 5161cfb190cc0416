//! Implements `ToSql` and `FromSql` for types of the model, and binds values to statements.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Statement, ToSql};

use crate::model::id::{FactionId, PlayerId, TerritoryId, WarId};
use crate::model::war::{FollowUpGoal, WarStatus, WarType};
use crate::store::pauses::PauseCause;

/// Binds those of the named values for which a statement has a parameter.
pub(super) fn bind_used(
    statement: &mut Statement<'_>,
    values: &[(&str, &dyn ToSql)],
) -> rusqlite::Result<()> {
    for (name, value) in values {
        if let Some(index) = statement.parameter_index(name)? {
            statement.raw_bind_parameter(index, value)?;
        }
    }
    Ok(())
}

macro_rules! stored_as_integer {
    ($($id:ty),*) => {$(
        impl ToSql for $id {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.get()))
            }
        }

        impl FromSql for $id {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::new(i64::column_result(value)?).map_err(|error| FromSqlError::Other(Box::new(error)))
            }
        }
    )*};
}

stored_as_integer!(PlayerId, FactionId, WarId);

impl ToSql for TerritoryId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.as_str()))
    }
}

impl FromSql for TerritoryId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::exact(value.as_str()?).map_err(|why| FromSqlError::Other(why.into()))
    }
}

macro_rules! stored_as_text {
    ($($type:ty: $($variant:ident),*;)*) => {$(
        impl ToSql for $type {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.as_str()))
            }
        }

        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let text = value.as_str()?;
                [$(Self::$variant),*]
                    .into_iter()
                    .find(|value| value.as_str() == text)
                    .ok_or_else(|| FromSqlError::Other(format!("unexpected value {text:?}").into()))
            }
        }
    )*};
}

stored_as_text! {
    WarType: Ranked, Territory;
    WarStatus: Scheduled, Ongoing, Completed, Cancelled;
    FollowUpGoal: End, Report, EndOfKnownWar;
    PauseCause: Block, RateLimit, DailyLimit;
}
