//! Writes a file on a second thread, which encodes one row group while the first thread reads the next one.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind};
use std::mem;
use std::panic;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::{self, JoinHandle};

use crate::model::rows::{Row, TypedColumn};
use crate::output::parquet_file::encoder::GroupEncoder;
use crate::output::parquet_file::group::{GroupRows, RowGroup};
use crate::output::parquet_file::schema::Schema;

/// The size of the buffer before the file.
const BUFFER_SIZE: usize = 1 << 17;

/// Sees the rows of each group on the second thread, before they are encoded.
pub(crate) type Observer = Box<dyn FnMut(GroupRows<'_>) + Send>;

/// A file that is being written.
pub(crate) struct FileWriter {
    columns: Vec<TypedColumn>,
    group: RowGroup,
    full: SyncSender<RowGroup>,
    empty: Receiver<RowGroup>,
    thread: JoinHandle<io::Result<File>>,
}

impl fmt::Debug for FileWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileWriter")
            .field("columns", &self.columns)
            .finish_non_exhaustive()
    }
}

impl FileWriter {
    /// Begins to write to an empty file.
    ///
    /// # Errors
    ///
    /// Fails when no thread can be started, or when the schema is not possible.
    pub(crate) fn start(
        file: File,
        schema: &Schema,
        mut observer: Option<Observer>,
    ) -> io::Result<Self> {
        let mut encoder = GroupEncoder::start(BufWriter::with_capacity(BUFFER_SIZE, file), schema)?;
        // The thread takes a group only when it is done with the one before, so two groups are in memory.
        let (full, groups) = mpsc::sync_channel::<RowGroup>(0);
        let (used, empty) = mpsc::channel();
        let columns = schema.columns.clone();
        let thread = thread::Builder::new().spawn(move || {
            for mut group in groups {
                if let Some(observer) = &mut observer {
                    observer(GroupRows::new(&group, &columns));
                }
                encoder.write(&group)?;
                group.clear();
                // After the last group the receiver may be gone.
                let _ = used.send(group);
            }
            let buffer = encoder.finish()?;
            buffer.into_inner().map_err(io::IntoInnerError::into_error)
        })?;
        Ok(Self {
            group: RowGroup::new(&schema.columns),
            columns: schema.columns.clone(),
            full,
            empty,
            thread,
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidData`] when a value does not fit the type of its column. After [`ErrorKind::BrokenPipe`], [`Self::finish`]
    /// returns the error of writing.
    pub(crate) fn row(&mut self, row: &impl Row) -> io::Result<()> {
        self.group.push(&self.columns, row)?;
        if self.group.is_full() {
            return self.send();
        }
        Ok(())
    }

    fn send(&mut self) -> io::Result<()> {
        let next = self.empty.try_recv();
        let next = next.unwrap_or_else(|_| RowGroup::new(&self.columns));
        self.full
            .send(mem::replace(&mut self.group, next))
            .map_err(|_| ErrorKind::BrokenPipe.into())
    }

    /// Writes the last rows and the footer. The file is not synced.
    pub(crate) fn finish(mut self) -> io::Result<File> {
        if self.group.rows > 0 {
            // If this fails, the thread has ended with the error.
            let _ = self.send();
        }
        drop(self.full);
        let written = self.thread.join();
        written.unwrap_or_else(|panic| panic::resume_unwind(panic))
    }
}
