//! Hashes bytes, and copies them in large chunks.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::model::watch::Watch;
use crate::store::interrupt;

/// Bytes that one read asks for.
const CHUNK: usize = 256 * 1024;

/// The hash and the size of some bytes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Digest {
    /// SHA-256 in hexadecimal.
    pub(crate) sha256: String,
    pub(in crate::store) bytes: u64,
}

impl Digest {
    /// The number of bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// The SHA-256 of `bytes` in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut hasher = Hasher::default();
    hasher.update(bytes);
    hasher.finish().sha256
}

/// Reads a whole file. `watch` is told the number of bytes.
pub(crate) fn digest_of_file(path: &Path, watch: &dyn Watch) -> io::Result<Digest> {
    let mut reader = HashingReader::new(File::open(path)?);
    copy_in_chunks(&mut reader, &mut io::sink(), watch)?;
    Ok(reader.finish())
}

/// Hashes and counts bytes.
#[derive(Default)]
struct Hasher {
    sha256: Sha256,
    bytes: u64,
}

impl Hasher {
    fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    fn finish(self) -> Digest {
        let hash = self.sha256.finalize();
        Digest {
            sha256: hash
                .iter()
                .fold(String::new(), |text, byte| text + &format!("{byte:02x}")),
            bytes: self.bytes,
        }
    }
}

/// A reader that hashes the bytes that it passes on.
pub(in crate::store) struct HashingReader<R> {
    inner: R,
    hasher: Hasher,
}

impl<R: Read> HashingReader<R> {
    pub(in crate::store) fn new(inner: R) -> Self {
        Self {
            inner,
            hasher: Hasher::default(),
        }
    }

    /// The digest of the bytes so far.
    pub(in crate::store) fn finish(self) -> Digest {
        self.hasher.finish()
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

/// A writer that hashes the bytes that it passes on.
pub(in crate::store) struct HashingWriter<W> {
    inner: W,
    hasher: Hasher,
}

impl<W: Write> HashingWriter<W> {
    pub(in crate::store) fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: Hasher::default(),
        }
    }

    /// The digest of the bytes so far.
    pub(in crate::store) fn finish(self) -> Digest {
        self.hasher.finish()
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Copies all of `from` to `to`, [`CHUNK`] bytes at a time. `io::copy` would read 8 KiB at a time.
///
/// `watch` is told the number of bytes. A request to stop ends the copy with an error.
pub(in crate::store) fn copy_in_chunks(
    from: &mut impl Read,
    to: &mut impl Write,
    watch: &dyn Watch,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        interrupt::check()?;
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                to.write_all(&buffer[..count])?;
                watch.advance(count as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
