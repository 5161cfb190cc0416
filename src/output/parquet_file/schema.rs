//! The schema of a Parquet file, and how its columns are encoded.

use std::io;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type, ZstdLevel};
use parquet::file::metadata::{FileMetaData, KeyValue, SortingColumn};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::{ColumnPath, Type as SchemaType, TypePtr};
use serde_json::json;

use crate::model::rows::{ColumnType, TypedColumn};
use crate::output::parquet_file::io_error;

/// Spark reads the comments of columns from this entry of the metadata, and nothing else does.
const SPARK_SCHEMA: &str = "org.apache.spark.sql.parquet.row.metadata";

/// The start of the entries of the metadata with the comments of columns.
const COMMENT: &str = "tornsnap.comment.";

/// The size of a dictionary of whole numbers from which on their differences are written instead.
const MAX_DICTIONARY: usize = 1 << 15;

/// The columns of a file, in their order, and what its metadata says of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schema {
    pub(crate) columns: Vec<TypedColumn>,
    /// The columns by which the rows are sorted, as indices. Readers skip row groups by them.
    pub(crate) order: Vec<usize>,
    /// Entries of the metadata, as key and value.
    pub(crate) metadata: Vec<(String, String)>,
}

impl Schema {
    pub(super) fn root(&self) -> io::Result<TypePtr> {
        let fields = self
            .columns
            .iter()
            .map(|column| field(column).map(Arc::new))
            .collect::<io::Result<_>>()?;
        SchemaType::group_type_builder("schema")
            .with_fields(fields)
            .build()
            .map(Arc::new)
            .map_err(io_error)
    }

    /// The order of the values matters: the same rows give the same bytes.
    pub(super) fn properties(&self) -> WriterProperties {
        let mut properties = WriterProperties::builder()
            .set_created_by(format!("tornsnap {}", env!("CARGO_PKG_VERSION")))
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_key_value_metadata(Some(self.key_values()))
            .set_sorting_columns(self.sorting_columns());
        for column in &self.columns {
            if !matches!(column.kind, ColumnType::Integer | ColumnType::Time) {
                continue;
            }
            // The values of an entity grow from row to row, so their differences are small. A dictionary is smaller only if it has few
            // values.
            let path = ColumnPath::from(column.name.as_str());
            properties = properties
                .set_column_dictionary_enabled(path.clone(), !is_counter(column))
                .set_column_dictionary_page_size_limit(path.clone(), MAX_DICTIONARY)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
        properties.build()
    }

    fn sorting_columns(&self) -> Option<Vec<SortingColumn>> {
        let columns: Vec<SortingColumn> = self
            .order
            .iter()
            .filter_map(|&index| {
                Some(SortingColumn {
                    column_idx: i32::try_from(index).ok()?,
                    descending: false,
                    nulls_first: true,
                })
            })
            .collect();
        (!columns.is_empty()).then_some(columns)
    }

    fn key_values(&self) -> Vec<KeyValue> {
        let mut pairs = self.metadata.clone();
        pairs.extend(self.columns.iter().filter_map(|column| {
            let comment = column.comment.clone()?;
            Some((format!("{COMMENT}{}", column.name), comment))
        }));
        pairs.push((SPARK_SCHEMA.to_owned(), self.spark_schema()));
        pairs
            .into_iter()
            .map(|(key, value)| KeyValue::new(key, value))
            .collect()
    }

    /// The schema in the JSON of Spark's `StructType`.
    fn spark_schema(&self) -> String {
        let fields: Vec<serde_json::Value> = self
            .columns
            .iter()
            .map(|column| {
                let kind = match column.kind {
                    ColumnType::Integer => "long",
                    ColumnType::Time => "timestamp",
                    ColumnType::Real => "double",
                    ColumnType::Text => "string",
                    ColumnType::Blob => "binary",
                };
                let metadata = match &column.comment {
                    Some(comment) => json!({ "comment": comment }),
                    None => json!({}),
                };
                json!({
                    "name": column.name, "type": kind, "nullable": !column.is_required, "metadata": metadata,
                })
            })
            .collect();
        json!({ "type": "struct", "fields": fields }).to_string()
    }
}

/// The columns of a file that was written by a [`Schema`].
///
/// # Errors
///
/// [`io::ErrorKind::InvalidData`] when a column has a type that no schema has.
pub(super) fn columns_of(file: &FileMetaData) -> io::Result<Vec<TypedColumn>> {
    let columns = file.schema_descr().columns().iter();
    columns
        .map(|column| {
            let name = column.name();
            let kind = match (column.physical_type(), column.logical_type_ref()) {
                (Type::INT64, Some(_)) => ColumnType::Time,
                (Type::INT64, None) => ColumnType::Integer,
                (Type::DOUBLE, None) => ColumnType::Real,
                (Type::BYTE_ARRAY, Some(_)) => ColumnType::Text,
                (Type::BYTE_ARRAY, None) => ColumnType::Blob,
                _ => {
                    let why =
                        format!("tornsnap did not write it: the column {name} has another type");
                    return Err(io::Error::new(io::ErrorKind::InvalidData, why));
                }
            };
            Ok(TypedColumn {
                kind,
                is_required: !column.self_type().is_optional(),
                comment: value_of(file, &format!("{COMMENT}{name}")),
                name: name.to_owned(),
            })
        })
        .collect()
}

/// The value of an entry of the metadata of a file.
pub(super) fn value_of(file: &FileMetaData, key: &str) -> Option<String> {
    let entries = file.key_value_metadata()?.iter();
    let mut found = entries.filter(|entry| entry.key == key);
    found.next()?.value.clone()
}

/// Whether a column has a value of its own in each row, which grows with the rows.
fn is_counter(column: &TypedColumn) -> bool {
    column.kind == ColumnType::Time || column.name == "id"
}

fn field(column: &TypedColumn) -> io::Result<SchemaType> {
    let (physical, logical) = match column.kind {
        ColumnType::Integer => (Type::INT64, None),
        // Milliseconds: all of Torn's times fit, and every engine reads them.
        ColumnType::Time => {
            let logical = LogicalType::timestamp(true, TimeUnit::MILLIS);
            (Type::INT64, Some(logical))
        }
        ColumnType::Real => (Type::DOUBLE, None),
        ColumnType::Text => (Type::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnType::Blob => (Type::BYTE_ARRAY, None),
    };
    let repetition = if column.is_required {
        Repetition::REQUIRED
    } else {
        Repetition::OPTIONAL
    };
    SchemaType::primitive_type_builder(&column.name, physical)
        .with_logical_type(logical)
        .with_repetition(repetition)
        .build()
        .map_err(io_error)
}
