//! Makes requests on several threads and saves the answers on one, so that network and disk work at the same time.

use std::collections::VecDeque;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::torn::{Failure, TornClient};
use crate::error::Result;

/// The maximum number of answers per transaction.
const BATCH: usize = 200;

/// The longest time from the arrival of an answer until it is saved.
const FLUSH_INTERVAL: Duration = Duration::from_millis(500);

/// Poll interval of the saving thread.
const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// A target, and its answer or its failure.
pub(super) type TargetResult<T, A> = (T, Result<A, Failure>);

/// Calls `fetch` for each target on `threads` threads, and `save` for each batch of results on the calling thread.
///
/// If the run ends early, the targets that were not requested are not passed to `save`. If `save` fails, no further
/// target is requested.
pub(super) fn fetch_concurrently<T: Send, A: Send>(
    torn: &TornClient,
    threads: usize,
    targets: Vec<T>,
    fetch: impl Fn(&T) -> Result<A, Failure> + Sync,
    mut save: impl FnMut(Vec<TargetResult<T, A>>) -> Result<()>,
) -> Result<()> {
    let threads = threads.min(targets.len()).max(1);
    let queue = Mutex::new(VecDeque::from(targets));
    // The channel is bounded, so that a slow disk slows the requests down instead of filling the memory.
    let (sender, arrivals) = mpsc::sync_channel::<TargetResult<T, A>>(2 * BATCH);
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let (queue, fetch) = (&queue, &fetch);
            scope.spawn(move || {
                while !torn.is_over() {
                    let next = queue
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .pop_front();
                    let Some(target) = next else {
                        return;
                    };
                    let answer = fetch(&target);
                    if sender.send((target, answer)).is_err() {
                        return; // Saving has failed.
                    }
                }
            });
        }
        drop(sender);
        let saved = save_batches(&arrivals, &mut save);
        if saved.is_err() {
            // Nothing more can be saved, so nothing more is requested.
            queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        drop(arrivals);
        saved
    })
}

fn save_batches<T, A>(
    arrivals: &mpsc::Receiver<TargetResult<T, A>>,
    save: &mut impl FnMut(Vec<TargetResult<T, A>>) -> Result<()>,
) -> Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut oldest = Instant::now();
    loop {
        match arrivals.recv_timeout(POLL_INTERVAL) {
            Ok((_, Err(Failure::RunEnded))) | Err(RecvTimeoutError::Timeout) => {}
            Ok(result) => {
                if batch.is_empty() {
                    oldest = Instant::now();
                }
                batch.push(result);
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if batch.len() >= BATCH || (!batch.is_empty() && oldest.elapsed() >= FLUSH_INTERVAL) {
            save(std::mem::take(&mut batch))?;
        }
    }
    if batch.is_empty() {
        return Ok(());
    }
    save(batch)
}
