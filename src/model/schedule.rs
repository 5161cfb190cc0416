//! Schedules: how often each job runs, and the jobs in the formats of cron, systemd and the Windows Task Scheduler.

pub(crate) mod condition;
pub(crate) mod cron;
pub(crate) mod crontab;
pub(crate) mod crontab_list;
pub(crate) mod interval;
pub(crate) mod job;
pub(crate) mod mark;
pub(crate) mod paths;
pub(crate) mod systemd;
pub(crate) mod windows;
