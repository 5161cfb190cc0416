#!/usr/bin/env -S cargo +nightly -Zscript
---cargo
[package]
edition = "2024"

[dependencies]
csv = "1"
itoa = "1"

[profile.dev]
opt-level = 3
codegen-units = 1
lto = "thin"
---
//! Measures the writer of the `csv` crate against the code of `src/output/csv.rs`: two million rows of 12 columns.
//! Run it with `cargo +nightly -Zscript scripts/bench.d/csv-writer.rs`; nothing is written to a disk.

use std::io::{self, Write};
use std::time::Instant;

const ROWS: i64 = 2_000_000;
const CHUNK: usize = 1 << 17;
const RUNS: usize = 7;

/// A row of `player_stats_history` without the name of the key. One row in eight has battle stats.
fn cells(row: i64) -> [Option<i64>; 11] {
    let stat = |factor| (row % 8 == 0).then_some(1_000_000 + row * factor);
    [
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
    ]
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
    for row in 0..ROWS {
        for cell in cells(row) {
            match cell {
                None => writer.write_field("")?,
                Some(number) => writer.write_field(itoa::Buffer::new().format(number))?,
            }
        }
        writer.write_field("alice")?;
        writer.write_record(None::<&[u8]>)?;
    }
    writer.flush()?;
    Ok(writer.get_ref().0)
}

/// The loop of `Style::row`.
fn with_ours() -> io::Result<u64> {
    let mut out = Counter(0);
    let mut buffer = Vec::with_capacity(CHUNK + CHUNK / 4);
    for row in 0..ROWS {
        for cell in cells(row) {
            if let Some(number) = cell {
                buffer.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
            }
            buffer.push(b',');
        }
        text(&mut buffer, b"alice");
        buffer.push(b'\n');
        if buffer.len() >= CHUNK {
            out.write_all(&buffer)?;
            buffer.clear();
        }
    }
    out.write_all(&buffer)?;
    Ok(out.0)
}

/// `Style::text`, without the part for spreadsheets.
fn text(buffer: &mut Vec<u8>, text: &[u8]) {
    let is_special = |byte: &u8| matches!(byte, b',' | b'"' | b'\r' | b'\n');
    if !text.is_empty() && !text.iter().any(is_special) {
        return buffer.extend_from_slice(text);
    }
    buffer.push(b'"');
    for &byte in text {
        if byte == b'"' {
            buffer.push(b'"');
        }
        buffer.push(byte);
    }
    buffer.push(b'"');
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
