//! Writing on a thread of its own, while the next chunk is made.

use std::io::{self, Write};
use std::panic;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

/// Bytes that are collected before they are written.
const CHUNK: usize = 1 << 17;

/// Full chunks that may wait. On a busy machine the thread that writes is not always running.
const WAITING: usize = 8;

/// Collects bytes, and hands each full chunk to the thread that writes.
#[derive(Debug)]
pub(super) struct Chunks {
    /// The chunk that is being filled.
    pub(super) buffer: Vec<u8>,
    full: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
}

impl Chunks {
    /// Hands over the buffer when it is full. Returns whether there is anybody who still writes.
    pub(super) fn pass_on(&mut self) -> bool {
        self.buffer.len() < CHUNK || self.pass_on_now()
    }

    fn pass_on_now(&mut self) -> bool {
        // Buffers come back: memory stays flat when the disk is slower than the database.
        let next = self.empty.try_recv();
        let next = next.unwrap_or_else(|_| Vec::with_capacity(CHUNK + CHUNK / 4));
        self.full
            .send(std::mem::replace(&mut self.buffer, next))
            .is_ok()
    }
}

/// Writes to `out` whatever `produce` puts into the chunks.
///
/// # Errors
///
/// An error of the writing thread. The value of `produce` is then of no use.
pub(super) fn write<T>(
    out: &mut (dyn Write + Send),
    produce: impl FnOnce(&mut Chunks) -> T,
) -> io::Result<T> {
    let (full, chunks) = mpsc::sync_channel::<Vec<u8>>(WAITING);
    let (used, empty) = mpsc::channel();
    thread::scope(|scope| {
        let writer = thread::Builder::new().spawn_scoped(scope, move || {
            for mut chunk in chunks {
                out.write_all(&chunk)?;
                chunk.clear();
                // After the last chunk nobody needs another buffer.
                let _ = used.send(chunk);
            }
            out.flush()
        })?;
        let mut chunks = Chunks {
            buffer: Vec::with_capacity(CHUNK + CHUNK / 4),
            full,
            empty,
        };
        let outcome = produce(&mut chunks);
        chunks.pass_on_now();
        drop(chunks);
        let written = writer.join();
        written.unwrap_or_else(|panic| panic::resume_unwind(panic))?;
        Ok(outcome)
    })
}
