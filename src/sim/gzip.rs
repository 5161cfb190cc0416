//! A small gzip body that inflates to a huge JSON document.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

/// The inflated size of the repeated gzip member, in bytes.
const CHUNK: usize = 1 << 20;

/// A gzip file that inflates to `{"pad":"xxx…"}` with `length` times `x`.
///
/// A gzip file may consist of several members, so one compressed chunk is repeated. In a debug build, compressing
/// 200 MiB takes longer than the timeout of the tests.
pub(super) fn bomb(length: usize) -> io::Result<Vec<u8>> {
    let chunk = member(&vec![b'x'; CHUNK])?;
    let mut file = member(b"{\"pad\":\"")?;
    for _ in 0..length / CHUNK {
        file.extend_from_slice(&chunk);
    }
    file.extend(member(&vec![b'x'; length % CHUNK])?);
    file.extend(member(b"\"}")?);
    Ok(file)
}

fn member(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}
