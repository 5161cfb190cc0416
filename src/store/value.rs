//! How the words of the model rest in SQLite.

use std::str::FromStr;

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

use crate::model::id::{FactionId, PlayerId, TerritoryId, WarId};

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
        Self::from_str(value.as_str()?).map_err(|why| FromSqlError::Other(why.into()))
    }
}
