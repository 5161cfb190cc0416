//! `tornsnap fetch` against a simulated Torn.

mod access;
mod budget;
mod canary;
mod changes;
mod codes;
mod factions;
mod faults;
mod histories;
mod keys;
mod locks;
mod many_factions;
mod missing;
mod observations;
mod outage;
mod pages;
mod parts;
mod plan;
mod players;
mod rejections;
mod reports;
mod shapes;
mod signals;
mod ten_days;
mod territories;
mod time;
mod wars;
