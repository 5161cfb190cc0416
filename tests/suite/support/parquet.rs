//! Parquet files, read as other programs read them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::schema::printer::print_schema;
use serde_json::{Map, Value, json};

/// A Parquet file.
pub struct Parquet(SerializedFileReader<File>);

impl Parquet {
    #[track_caller]
    pub fn open(path: &Path) -> Self {
        Self::try_open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Fails if the file is gone or not whole.
    pub fn try_open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        SerializedFileReader::new(file)
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// The rows as the names and values of their columns. Times are unix seconds, bytes hexadecimal digits.
    fn cells(&self) -> impl Iterator<Item = Vec<(String, Value)>> {
        let rows = self.0.get_row_iter(None).unwrap();
        rows.map(|row| {
            let row = row.unwrap();
            let cells = row.get_column_iter();
            cells
                .map(|(name, field)| (name.clone(), json_of(field)))
                .collect()
        })
    }

    /// The rows as objects.
    pub fn objects(&self) -> Vec<Map<String, Value>> {
        self.cells().map(Map::from_iter).collect()
    }

    /// The rows, each as its values joined by `|`, as [`rows`](super::rows) has those of a database.
    pub fn rows(&self) -> Vec<String> {
        let text = |(_, value): &(String, Value)| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (None, Some(real)) => real.to_string(),
                _ => number.to_string(),
            },
            other => other.to_string(),
        };
        self.cells()
            .map(|row| row.iter().map(text).collect::<Vec<_>>().join("|"))
            .collect()
    }

    /// The entries of the metadata.
    pub fn metadata(&self) -> BTreeMap<String, String> {
        let pairs = self.0.metadata().file_metadata().key_value_metadata();
        let pairs = pairs.into_iter().flatten();
        pairs
            .map(|pair| (pair.key.clone(), pair.value.clone().unwrap_or_default()))
            .collect()
    }

    /// The columns in their order, each as `OPTIONAL INT64 level`.
    pub fn schema(&self) -> Vec<String> {
        let mut text = Vec::new();
        print_schema(&mut text, self.0.metadata().file_metadata().schema());
        let text = String::from_utf8(text).unwrap();
        text.lines()
            .filter_map(|line| line.trim().strip_suffix(';'))
            .map(str::to_owned)
            .collect()
    }

    /// The columns by which each row group says that it is sorted, and the number of its rows.
    pub fn groups(&self) -> Vec<(Vec<i32>, i64)> {
        let groups = self.0.metadata().row_groups().iter();
        groups
            .map(|group| {
                let sorting = group.sorting_columns().cloned().unwrap_or_default();
                let columns = sorting.iter().map(|column| column.column_idx).collect();
                (columns, group.num_rows())
            })
            .collect()
    }
}

fn json_of(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Long(number) => json!(number),
        Field::Double(number) => json!(number),
        Field::Str(text) => json!(text),
        Field::TimestampMillis(at) => {
            assert_eq!(at % 1000, 0, "a part of a second");
            json!(at / 1000)
        }
        Field::Bytes(bytes) => {
            let digits = bytes.data().iter().map(|byte| format!("{byte:02x}"));
            json!(digits.collect::<Vec<_>>().concat())
        }
        other => panic!("no column has {other:?}"),
    }
}
