//! Several threads ask, this one saves: network and disk overlap, and whatever has arrived is kept.

use std::collections::VecDeque;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::fetch::caller::{Caller, Failure};
use crate::error::Result;

/// Answers saved in one transaction at the most.
const BATCH: usize = 200;

/// The longest that an answer waits to be saved.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the saving thread looks up when nothing arrives.
const GLANCE: Duration = Duration::from_millis(25);

/// What came of one target.
pub type Harvest<T, A> = (T, Result<A, Failure>);

/// Asks about each target from `threads` threads and hands what came to `save`, in batches, on this thread.
///
/// Targets that were not asked about because the run ended are not handed over. A failure to save ends the run.
pub fn harvest<T: Send, A: Send>(
    caller: &Caller,
    threads: usize,
    targets: Vec<T>,
    ask: impl Fn(&T) -> Result<A, Failure> + Sync,
    mut save: impl FnMut(Vec<Harvest<T, A>>) -> Result<()>,
) -> Result<()> {
    let threads = threads.min(targets.len()).max(1);
    let queue = Mutex::new(VecDeque::from(targets));
    // Bounded, so that a slow disk slows the asking down instead of filling the memory.
    let (sender, arrivals) = mpsc::sync_channel::<Harvest<T, A>>(2 * BATCH);
    thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let (queue, ask) = (&queue, &ask);
            scope.spawn(move || {
                while !caller.is_over() {
                    let next = queue
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .pop_front();
                    let Some(target) = next else {
                        return;
                    };
                    let came = ask(&target);
                    if sender.send((target, came)).is_err() {
                        return; // The saving thread has failed and gone.
                    }
                }
            });
        }
        drop(sender);
        let saved = gather(&arrivals, &mut save);
        if saved.is_err() {
            // Nobody saves any more, so nobody needs to ask.
            queue.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        drop(arrivals);
        saved
    })
}

fn gather<T, A>(
    arrivals: &mpsc::Receiver<Harvest<T, A>>,
    save: &mut impl FnMut(Vec<Harvest<T, A>>) -> Result<()>,
) -> Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    let mut oldest = Instant::now();
    loop {
        match arrivals.recv_timeout(GLANCE) {
            Ok((_, Err(Failure::RunOver))) | Err(RecvTimeoutError::Timeout) => {}
            Ok(came) => {
                if batch.is_empty() {
                    oldest = Instant::now();
                }
                batch.push(came);
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if batch.len() >= BATCH || (!batch.is_empty() && oldest.elapsed() >= PATIENCE) {
            save(std::mem::take(&mut batch))?;
        }
    }
    if batch.is_empty() {
        return Ok(());
    }
    save(batch)
}
