//! Asks Torn from several threads and saves on one: network and disk overlap, and what has arrived is kept.

use std::collections::VecDeque;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::torn::{Failure, TornClient};
use crate::error::Result;

/// Answers saved in one transaction at the most.
const BATCH: usize = 200;

/// The longest that an answer waits to be saved.
const FLUSH_INTERVAL: Duration = Duration::from_millis(500);

/// Poll interval of the saving thread.
const POLL_INTERVAL: Duration = Duration::from_millis(25);

/// One target and its answer.
pub(super) type Answered<T, A> = (T, Result<A, Failure>);

/// Asks about each target from `threads` threads and hands the answers to `save`, in batches, on this thread.
///
/// Targets that were not asked about because the run ended are not handed over. A failure to save stops the asking.
pub(super) fn fetch_concurrently<T: Send, A: Send>(
    torn: &TornClient,
    threads: usize,
    targets: Vec<T>,
    ask: impl Fn(&T) -> Result<A, Failure> + Sync,
    mut save: impl FnMut(Vec<Answered<T, A>>) -> Result<()>,
) -> Result<()> {
    let threads = threads.min(targets.len()).max(1);
    let queue = Mutex::new(VecDeque::from(targets));
    // Bounded, so that a slow disk slows the asking down instead of filling the memory.
    let (sender, arrivals) = mpsc::sync_channel::<Answered<T, A>>(2 * BATCH);
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let (queue, ask) = (&queue, &ask);
            scope.spawn(move || {
                while !torn.is_over() {
                    let next = queue
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .pop_front();
                    let Some(target) = next else {
                        return;
                    };
                    let answer = ask(&target);
                    if sender.send((target, answer)).is_err() {
                        return; // The saving thread has failed and gone.
                    }
                }
            });
        }
        drop(sender);
        let saved = save_batches(&arrivals, &mut save);
        if saved.is_err() {
            // Nothing more is asked, since nothing can be saved.
            queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        drop(arrivals);
        saved
    })
}

fn save_batches<T, A>(
    arrivals: &mpsc::Receiver<Answered<T, A>>,
    save: &mut impl FnMut(Vec<Answered<T, A>>) -> Result<()>,
) -> Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut oldest = Instant::now();
    loop {
        match arrivals.recv_timeout(POLL_INTERVAL) {
            Ok((_, Err(Failure::RunEnded))) | Err(RecvTimeoutError::Timeout) => {}
            Ok(answered) => {
                if batch.is_empty() {
                    oldest = Instant::now();
                }
                batch.push(answered);
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
