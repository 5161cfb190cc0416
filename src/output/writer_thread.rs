//! Writes on a second thread, while the first one produces the next chunk.

use std::io::{self, Write};
use std::panic;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

/// The size of a chunk in bytes.
const CHUNK_SIZE: usize = 1 << 17;

/// The most full chunks in the queue. With a longer queue the first thread goes on while a busy machine delays the writer.
const QUEUE_LENGTH: usize = 8;

/// Collects bytes and sends each full chunk to the writing thread.
#[derive(Debug)]
pub(super) struct ChunkBuffer {
    /// The chunk that is being filled.
    pub(super) buffer: Vec<u8>,
    /// Whether a chunk was sent before.
    pub(super) is_started: bool,
    full: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
}

impl ChunkBuffer {
    /// Sends the buffer if it is full. Returns false if the writing thread has ended.
    pub(super) fn send_if_full(&mut self) -> bool {
        self.buffer.len() < CHUNK_SIZE || self.send()
    }

    fn send(&mut self) -> bool {
        self.is_started = true;
        // Used buffers are returned, so that memory use is constant when the disk is slower than the database.
        let next = self.empty.try_recv();
        let next = next.unwrap_or_else(|_| Vec::with_capacity(CHUNK_SIZE + CHUNK_SIZE / 4));
        self.full
            .send(std::mem::replace(&mut self.buffer, next))
            .is_ok()
    }
}

/// Writes into the chunks, for encoders that want a [`Write`].
pub(super) struct ChunkWriter<'a> {
    pub(super) chunks: &'a mut ChunkBuffer,
    /// Whether to stop before the end.
    pub(super) is_stopped: &'a (dyn Fn() -> bool + Sync),
}

impl Write for ChunkWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.is_stopped)() {
            // Not `Interrupted`, after which `write_all` tries again.
            return Err(io::Error::other("it was told to stop"));
        }
        self.chunks.buffer.extend_from_slice(bytes);
        if self.chunks.send_if_full() {
            Ok(bytes.len())
        } else {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes to `out` what `produce` puts into the buffer.
///
/// # Errors
///
/// The error of the writing thread. The value of `produce` is then dropped.
pub(super) fn write<T>(
    out: &mut (dyn Write + Send),
    produce: impl FnOnce(&mut ChunkBuffer) -> T,
) -> io::Result<T> {
    let (full, chunks) = mpsc::sync_channel::<Vec<u8>>(QUEUE_LENGTH);
    let (used, empty) = mpsc::channel();
    thread::scope(|scope| {
        let writer = thread::Builder::new().spawn_scoped(scope, move || {
            for mut chunk in chunks {
                out.write_all(&chunk)?;
                chunk.clear();
                // After the last chunk the receiver may be gone.
                let _ = used.send(chunk);
            }
            out.flush()
        })?;
        let mut chunks = ChunkBuffer {
            buffer: Vec::with_capacity(CHUNK_SIZE + CHUNK_SIZE / 4),
            is_started: false,
            full,
            empty,
        };
        let outcome = produce(&mut chunks);
        chunks.send();
        drop(chunks);
        let written = writer.join();
        written.unwrap_or_else(|panic| panic::resume_unwind(panic))?;
        Ok(outcome)
    })
}
