#!/usr/bin/env -S cargo +nightly -Zscript
---cargo
[package]
edition = "2024"

[dependencies]
chrono = { version = "0.4", default-features = false, features = ["clock", "std"] }
csv = "1"
itoa = "1"
serde = { version = "1", features = ["derive"] }

[profile.dev]
opt-level = 3
codegen-units = 1
lto = "thin"
---
//! Measures the writer of the `csv` crate against `src/output/csv.rs`: two million rows of 12 columns.
//! Run it with `cargo +nightly -Zscript scripts/bench.d/csv-writer.rs`; nothing is written to a disk.

#![allow(dead_code, reason = "the files below have more than this program uses")]

use std::io::{self, Write};
use std::time::Instant;

use crate::model::rows::{Column, Row, Value};

// These are the files of the program itself.
#[path = "../../src/error.rs"]
mod error;

#[path = "../../src/model"]
mod model {
    pub mod rows;
    pub mod time;
}

#[path = "../../src/output"]
mod output {
    use std::io::{self, Write};

    use crate::CHUNK;
    use crate::model::rows::{Column, Row};

    mod cells;
    mod csv;

    /// Encodes the rows in chunks, as `tornsnap export` does.
    pub fn write(
        out: &mut impl Write,
        columns: &[Column],
        rows: impl Iterator<Item = impl Row>,
    ) -> io::Result<()> {
        let style = csv::Style::default();
        let mut timestamps = cells::TimestampWriter::new(cells::TimestampFormat::Unix);
        let mut buffer = Vec::with_capacity(CHUNK + CHUNK / 4);
        style.header(&mut buffer, columns);
        for row in rows {
            style.row(&mut buffer, columns, &row, &mut timestamps);
            if buffer.len() >= CHUNK {
                out.write_all(&buffer)?;
                buffer.clear();
            }
        }
        out.write_all(&buffer)
    }
}

const ROWS: i64 = 2_000_000;
const CHUNK: usize = 1 << 17;
const RUNS: usize = 7;

/// The columns of `player_stats_history`.
const COLUMNS: [&str; 12] = [
    "id",
    "player_id",
    "timestamp",
    "strength",
    "defense",
    "speed",
    "dexterity",
    "total_stats",
    "level",
    "life_maximum",
    "networth",
    "data_source",
];

/// The name of the key, in the last column of each row.
const KEY_NAME: &[u8] = b"alice";

/// The numbers of a row. NULL is `None`.
struct Numbers([Option<i64>; 11]);

impl Numbers {
    /// One row in eight has battle stats.
    fn of(row: i64) -> Self {
        let stat = |factor| (row % 8 == 0).then_some(1_000_000 + row * factor);
        Self([
            Some(row),
            Some(1_000_000 + row % 5_000),
            Some(1_700_000_000 + row),
            stat(3),
            stat(5),
            stat(7),
            stat(11),
            stat(26),
            Some(row % 100 + 1),
            Some(5_000 + row % 50),
            (row % 16 == 0).then_some(-row * 1_000),
        ])
    }
}

impl Row for Numbers {
    fn value(&self, column: usize) -> Value<'_> {
        match self.0.get(column) {
            Some(Some(number)) => Value::Integer(*number),
            Some(None) => Value::Null,
            None => Value::Text(KEY_NAME),
        }
    }
}

/// Counts bytes and discards them.
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn with_the_crate() -> io::Result<u64> {
    let mut writer = csv::WriterBuilder::new()
        .buffer_capacity(CHUNK)
        .from_writer(Counter(0));
    writer.write_record(COLUMNS)?;
    for row in 0..ROWS {
        for number in Numbers::of(row).0 {
            match number {
                None => writer.write_field("")?,
                Some(number) => writer.write_field(itoa::Buffer::new().format(number))?,
            }
        }
        writer.write_field(KEY_NAME)?;
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()?;
    Ok(writer.get_ref().0)
}

fn with_ours() -> io::Result<u64> {
    let mut out = Counter(0);
    let columns = COLUMNS.map(Column::new);
    output::write(&mut out, &columns, (0..ROWS).map(Numbers::of))?;
    Ok(out.0)
}

fn main() -> io::Result<()> {
    let mut crate_seconds = Vec::new();
    let mut our_seconds = Vec::new();
    for _ in 0..RUNS {
        let begin = Instant::now();
        let crate_bytes = with_the_crate()?;
        crate_seconds.push(begin.elapsed().as_secs_f64());
        let begin = Instant::now();
        let our_bytes = with_ours()?;
        our_seconds.push(begin.elapsed().as_secs_f64());
        assert_eq!(crate_bytes, our_bytes, "both write the same");
    }
    for (name, mut seconds) in [("csv crate", crate_seconds), ("ours", our_seconds)] {
        seconds.sort_by(f64::total_cmp);
        println!("{name}: {:.3} s, the median of {RUNS}", seconds[RUNS / 2]);
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["", "a"])?;
    let line = writer.into_inner().map_err(|error| error.into_error())?;
    println!(
        "an empty text and `a`, with the crate: {:?} (NULL looks the same)",
        String::from_utf8_lossy(&line)
    );
    Ok(())
}
