//! The formats, and how the name of a file chooses one.

use std::path::Path;

use clap::ValueEnum;

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(super) enum FormatName {
    /// Comma-separated values with a header
    Csv,
    /// One array of objects
    Json,
    /// One object per line
    Jsonl,
    /// Aligned columns for people, as wide as the terminal
    Table,
    /// A table in GitHub's Markdown
    Md,
    /// A workbook for Excel, LibreOffice and Google Sheets
    Xlsx,
    /// Apache Parquet, for DuckDB, pandas and Spark
    Parquet,
}

impl FormatName {
    /// The name in a report, and on the command line.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Table => "table",
            Self::Md => "md",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
        }
    }

    /// The ending of the files of `--all`.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Table => "txt",
            other => other.as_str(),
        }
    }
}

/// The kind of a file, taken from the ending of its name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Ending {
    Format(FormatName),
    /// CSV with tabs.
    TabSeparated,
    /// A known ending, and that of a compressed file: `.csv.gz`.
    Compressed,
    /// A spreadsheet of another format than xlsx: `.xls`, `.ods`.
    OtherSpreadsheet,
    /// The ending of a format that is not written, and that is no spreadsheet: `.pdf`, `.html`.
    Unsupported,
    Unknown,
}

impl Ending {
    pub(super) fn of(path: &Path) -> Self {
        let ending = |path: &Path| {
            let ending = path.extension()?.to_str()?;
            Some(ending.to_ascii_lowercase())
        };
        let known = |path: &Path| match ending(path).as_deref() {
            Some("csv") => Self::Format(FormatName::Csv),
            Some("tsv" | "tab") => Self::TabSeparated,
            Some("json") => Self::Format(FormatName::Json),
            Some("jsonl" | "ndjson") => Self::Format(FormatName::Jsonl),
            Some("txt") => Self::Format(FormatName::Table),
            Some("md" | "markdown") => Self::Format(FormatName::Md),
            Some("xlsx") => Self::Format(FormatName::Xlsx),
            Some("xls" | "xlsm" | "xlsb" | "ods" | "numbers") => Self::OtherSpreadsheet,
            Some(
                "pdf" | "doc" | "docx" | "odt" | "rtf" | "ppt" | "pptx" | "htm" | "html" | "xml"
                | "yaml" | "yml" | "sql" | "png" | "jpg" | "svg" | "orc" | "feather" | "arrow"
                | "avro",
            ) => Self::Unsupported,
            Some("parquet" | "parq" | "pq") => Self::Format(FormatName::Parquet),
            _ => Self::Unknown,
        };
        let is_compressed = matches!(
            ending(path).as_deref(),
            Some("gz" | "zst" | "bz2" | "xz" | "zip")
        );
        if is_compressed && known(&path.with_extension("")) != Self::Unknown {
            return Self::Compressed;
        }
        known(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_name_chooses_the_format() {
        for (name, ending) in [
            ("a/b.csv", Ending::Format(FormatName::Csv)),
            ("B.XLSX", Ending::Format(FormatName::Xlsx)),
            ("b.ndjson", Ending::Format(FormatName::Jsonl)),
            ("b.tsv", Ending::TabSeparated),
            ("b.csv.gz", Ending::Compressed),
            ("b.dat.gz", Ending::Unknown),
            ("b.xls", Ending::OtherSpreadsheet),
            ("b.ods", Ending::OtherSpreadsheet),
            ("b.PDF", Ending::Unsupported),
            ("b.html", Ending::Unsupported),
            ("b.feather", Ending::Unsupported),
            ("b.pq", Ending::Format(FormatName::Parquet)),
            ("b", Ending::Unknown),
            ("gains.2026-10", Ending::Unknown),
            (".csv", Ending::Unknown),
            ("x.csv/b", Ending::Unknown),
        ] {
            assert_eq!(Ending::of(Path::new(name)), ending, "{name}");
        }
    }
}
