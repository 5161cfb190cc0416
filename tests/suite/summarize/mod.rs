//! `summarize`: the months it writes, and the events that may and may not change a summary.

mod daily_jobs;
mod deleted;
mod flags;
mod model;
mod observations;
mod pruned;
