//! The pages of a list: which one to ask for next, and whether the list was read to its end.
//!
//! Lists by time come newest first. In recorded answers older rows are behind `_metadata.links.prev`, in the published
//! description behind `next`, and some lists have no links. So a full page is followed by a request of our own for the
//! rows up to the oldest start on it. Links only help where that brings nothing new.

use std::collections::{BTreeSet, HashSet, VecDeque};

use serde::Deserialize;
use serde_json::Value;

use crate::api::request::Request;
use crate::api::wire::scalar::Integer;

/// No list of Torn's has more pages than this.
const MAX_PAGES: usize = 2000;

/// How the pages of a list are told apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PagedBy {
    /// The parameter `to`: the latest start wanted, inclusive.
    Time,
    /// The parameter `offset`: the number of rows to skip.
    Offset {
        /// Rows that the list is known to have, at least.
        expected: u64,
    },
}

/// Whether a list was read to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum End {
    /// Yes.
    Complete,
    /// No: the server repeats a page whatever is asked for.
    Circle,
}

/// One pass over the pages of a list.
#[derive(Debug)]
pub struct Pages {
    base_url: String,
    by: PagedBy,
    limit: usize,
    next: VecDeque<Request>,
    asked: BTreeSet<String>,
    seen: HashSet<String>,
    end: End,
}

/// The rows of one page, as far as paging goes.
struct Rows {
    count: usize,
    new: usize,
    newest: Option<i64>,
    oldest: Option<i64>,
}

impl Pages {
    /// Begins with `first`, which names its `limit`.
    pub fn new(base_url: &str, first: Request, by: PagedBy) -> Self {
        let limit = first
            .parameter("limit")
            .and_then(|limit| limit.parse().ok());
        Self {
            base_url: base_url.to_owned(),
            by,
            limit: limit.unwrap_or(usize::MAX),
            next: VecDeque::from([first]),
            asked: BTreeSet::new(),
            seen: HashSet::new(),
            end: End::Complete,
        }
    }

    /// The page to ask for now; `None` at the end of the list.
    pub fn next_request(&mut self) -> Option<Request> {
        while let Some(request) = self.next.pop_front() {
            if self.asked.len() >= MAX_PAGES {
                self.end = End::Circle;
                return None;
            }
            if self.asked.insert(request.page_key()) {
                return Some(request);
            }
        }
        None
    }

    /// Whether the list was read to its end, once there is no next request.
    pub(crate) fn end(&self) -> End {
        self.end
    }

    /// Notes the answer to `request`, whose rows are under `field`.
    pub fn read(&mut self, request: &Request, body: &Value, field: &str) {
        let rows = self.rows(body, field);
        match self.by {
            PagedBy::Offset { expected } => self.after_offset(request, body, &rows, expected),
            PagedBy::Time => self.after_time(request, body, &rows),
        }
    }

    fn after_offset(&mut self, request: &Request, body: &Value, rows: &Rows, expected: u64) {
        if rows.count == 0 {
            return;
        }
        if rows.new == 0 {
            self.end = End::Circle;
            return;
        }
        let more = rows.count >= self.limit
            || !self.older_links(request, body).is_empty()
            || (self.seen.len() as u64) < expected;
        if more {
            let offset: usize = request
                .parameter("offset")
                .and_then(|offset| offset.parse().ok())
                .unwrap_or(0);
            let offset = (offset + rows.count).to_string();
            self.next.push_back(request.with(&[("offset", &offset)]));
        }
    }

    fn after_time(&mut self, request: &Request, body: &Value, rows: &Rows) {
        if request.parameter("from").is_some() {
            return; // The other end of a crowded second. The page after it is planned already.
        }
        let full = rows.count >= self.limit;
        if rows.new > 0 || !full {
            // The other ways on were kept for the case that this one brings nothing.
            self.next.clear();
            self.end = End::Complete;
        }
        let links = self.older_links(request, body);
        let Some(oldest) = rows.oldest.filter(|_| full) else {
            // The server may allow fewer rows on a page than we ask for.
            if rows.new > 0 {
                self.next.extend(links);
            }
            return;
        };
        let asked_to: Option<i64> = request.parameter("to").and_then(|to| to.parse().ok());
        if rows.new == 0 && asked_to.is_some_and(|to| oldest > to) {
            // The server does not look at `to`. Only a link can lead on, unless it says that there is nothing more.
            self.next.extend(links);
            self.end = if says_that_it_ends(body) {
                End::Complete
            } else {
                End::Circle
            };
            return;
        }
        let up_to = |to: i64| request.with(&[("to", &to.to_string())]);
        self.next.push_back(up_to(oldest));
        self.next.extend(links);
        if rows.newest == Some(oldest) {
            // More rows begin in this second than fit on a page. The other end of them can be read as well.
            let second = oldest.to_string();
            self.next.push_back(request.with(&[
                ("from", &second),
                ("to", &second),
                ("sort", "ASC"),
            ]));
        }
        self.next.push_back(up_to(oldest.saturating_sub(1)));
    }

    fn rows(&mut self, body: &Value, field: &str) -> Rows {
        let items = body.get(field).and_then(Value::as_array);
        let items = items.map(Vec::as_slice).unwrap_or_default();
        let starts = || items.iter().filter_map(start_of);
        Rows {
            count: items.len(),
            new: items
                .iter()
                .filter(|item| self.seen.insert(identity(item)))
                .count(),
            newest: starts().max(),
            oldest: starts().min(),
        }
    }

    /// The pages that links lead to, but for those of newer rows and those on other hosts.
    fn older_links(&self, request: &Request, body: &Value) -> Vec<Request> {
        let links = body.get("_metadata").and_then(|data| data.get("links"));
        ["prev", "next"]
            .into_iter()
            .filter_map(|name| links?.get(name)?.as_str())
            .filter(|link| !link.is_empty())
            .filter_map(|link| {
                let page = request.linked(&self.base_url, link);
                if page.is_none() {
                    log::warn!(
                        "a link in {} leads to another address; it was not followed",
                        request.path()
                    );
                }
                page
            })
            .filter(|page| page.path() == request.path() && leads_on(request, page, self.by))
            .filter(|page| !self.asked.contains(&page.page_key()))
            .collect()
    }
}

/// Whether an answer has links and all of them are null.
fn says_that_it_ends(body: &Value) -> bool {
    let links = body.get("_metadata").and_then(|data| data.get("links"));
    links
        .and_then(Value::as_object)
        .is_some_and(|links| !links.is_empty() && links.values().all(Value::is_null))
}

/// Whether a link leads away from the beginning of the list.
fn leads_on(request: &Request, page: &Request, by: PagedBy) -> bool {
    let number = |request: &Request, name: &str| -> Option<i64> {
        request.parameter(name).and_then(|value| value.parse().ok())
    };
    match by {
        PagedBy::Time => page.parameter("from").is_none() || page.parameter("to").is_some(),
        PagedBy::Offset { .. } => {
            number(page, "offset").is_none_or(|to| to > number(request, "offset").unwrap_or(0))
        }
    }
}

/// When the thing that a row is about begins.
fn start_of(row: &Value) -> Option<i64> {
    let start = row.get("start").or_else(|| row.get("started_at"))?;
    Integer::deserialize(start).ok().map(|start| start.0)
}

/// Tells a row from every other one.
fn identity(row: &Value) -> String {
    match row.get("id").or_else(|| row.get("war_id")) {
        Some(id) => id.to_string(),
        None => row.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::war::WarType;

    const BASE: &str = "http://127.0.0.1:9";
    const LIMIT: usize = 100;

    /// How a made-up server understands its parameters.
    #[derive(Clone, Copy, PartialEq)]
    enum Server {
        /// Older rows are behind `prev`.
        Recorded,
        /// Older rows are behind `next`.
        Published,
        /// No links at all.
        Silent,
        /// Links that name another host.
        Foreign,
        /// `to` is not looked at; older rows are behind `next`, by offset.
        OffsetLinks,
        /// Each call brings the first page.
        Stuck,
        /// No more than 20 rows on a page; older rows are behind `prev`.
        Capped,
    }

    /// Reads the whole list that `server` has of rows with these starts; returns the ids found, the calls and the end.
    fn read(server: Server, starts: &[i64]) -> (usize, usize, End) {
        let mut rows: Vec<(usize, i64)> = starts.iter().copied().enumerate().collect();
        rows.sort_by_key(|(id, start)| (std::cmp::Reverse(*start), *id));
        let mut pages = Pages::new(BASE, Request::all_wars(WarType::Ranked), PagedBy::Time);
        let (mut found, mut calls) = (HashSet::new(), 0);
        while let Some(request) = pages.next_request() {
            calls += 1;
            assert!(calls < 200, "the reading does not end");
            let body = answer(server, &rows, &request);
            for row in body["wars"].as_array().unwrap() {
                found.insert(row["id"].as_u64().unwrap());
            }
            pages.read(&request, &body, "wars");
        }
        (found.len(), calls, pages.end())
    }

    fn answer(server: Server, rows: &[(usize, i64)], request: &Request) -> Value {
        let number = |name: &str| request.parameter(name).and_then(|value| value.parse().ok());
        let to = match server {
            Server::OffsetLinks | Server::Stuck => i64::MAX,
            _ => number("to").unwrap_or(i64::MAX),
        };
        let from = number("from").unwrap_or(0);
        let skip = match server {
            Server::OffsetLinks => usize::try_from(number("offset").unwrap_or(0)).unwrap(),
            _ => 0,
        };
        let limit = if server == Server::Capped { 20 } else { LIMIT };
        let mut wanted: Vec<_> = rows
            .iter()
            .filter(|(_, start)| *start <= to && *start >= from)
            .collect();
        if request.parameter("sort") == Some("ASC") {
            wanted.reverse();
        }
        let page: Vec<Value> = wanted
            .iter()
            .skip(skip)
            .take(limit)
            .map(|(id, start)| json!({ "id": id, "start": start }))
            .collect();
        let last = page.last().and_then(|row| row["start"].as_i64());
        let older = last.filter(|_| wanted.len() > skip + limit).map(|last| {
            format!(
                "{BASE}{}",
                request.with(&[("to", &last.to_string())]).target
            )
        });
        let links = match server {
            Server::Recorded | Server::Capped => json!({ "prev": older, "next": null }),
            Server::Published => json!({ "prev": null, "next": older }),
            Server::Silent => json!({}),
            Server::Foreign => {
                json!({ "prev": "https://evil.example/x", "next": "//evil.example/y" })
            }
            Server::OffsetLinks => {
                let next = (skip + limit).to_string();
                let next = request.without("to").with(&[("offset", &next)]).target;
                json!({ "next": (wanted.len() > skip + limit).then(|| format!("{BASE}{next}")) })
            }
            Server::Stuck => json!({ "next": format!("{BASE}{}", request.target) }),
        };
        json!({ "wars": page, "_metadata": { "links": links } })
    }

    #[test]
    fn every_row_is_found_whatever_the_links_say() {
        for server in [
            Server::Recorded,
            Server::Published,
            Server::Silent,
            Server::Foreign,
            Server::OffsetLinks,
            Server::Capped,
        ] {
            for count in [0, 1, 20, 99, 100, 101, 150, 199, 1000] {
                let starts: Vec<i64> = (0..count).map(|row| 1_000_000 + 60 * row).collect();
                let (found, calls, end) = read(server, &starts);
                assert_eq!((found, end), (starts.len(), End::Complete));
                // One page holds 99 rows more than the one before, or 19 where the server allows no more.
                assert!(
                    calls <= 2 * starts.len() / 19 + 2,
                    "{calls} calls for {count}"
                );
            }
        }
    }

    #[test]
    fn a_list_that_fits_on_one_page_takes_one_call() {
        for server in [Server::Recorded, Server::Published, Server::Silent] {
            assert_eq!(read(server, &[7; 99]).1, 1);
        }
    }

    #[test]
    fn rows_of_one_second_are_found_from_both_of_its_ends() {
        let mut starts = vec![5_000; 180];
        starts.extend((0..150).map(|row| 6_000 + row));
        starts.extend((0..150).map(|row| 1_000 + row));

        for server in [Server::Recorded, Server::Silent, Server::OffsetLinks] {
            assert_eq!(read(server, &starts).0, 480);
        }
    }

    #[test]
    fn a_server_that_repeats_its_first_page_is_left_and_told_of() {
        let starts: Vec<i64> = (0..500).collect();

        let (found, calls, end) = read(Server::Stuck, &starts);

        assert_eq!((found, end), (LIMIT, End::Circle));
        assert!(calls <= 5, "{calls} calls");
    }

    #[test]
    fn rows_that_arrive_while_the_list_is_read_cost_none_of_the_others() {
        let starts = (0..250).map(|row| 10_000 - 10 * row);
        let mut rows: Vec<(usize, i64)> = (0..).zip(starts).collect();
        let mut pages = Pages::new(BASE, Request::all_wars(WarType::Ranked), PagedBy::Time);
        let mut found = HashSet::new();
        while let Some(request) = pages.next_request() {
            let body = answer(Server::Recorded, &rows, &request);
            found.extend(
                body["wars"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| row["id"].as_u64().unwrap()),
            );
            pages.read(&request, &body, "wars");
            let newest = (rows.len(), rows[0].1 + 20);
            rows.insert(0, newest);
        }

        assert!((0..250).all(|id| found.contains(&id)));
    }

    #[test]
    fn offsets_go_on_as_long_as_there_are_rows() {
        let tiles = |count: usize, offset: usize, limit: usize| -> Vec<Value> {
            (offset..count.min(offset + limit))
                .map(|id| json!({ "id": format!("T{id}") }))
                .collect()
        };
        for (server_limit, count, expected, calls) in [
            (500, 4107, 0, 9),
            (500, 1000, 0, 3),
            (20, 45, 45, 3),
            (500, 0, 0, 1),
        ] {
            let by = PagedBy::Offset { expected };
            let mut pages = Pages::new(BASE, Request::ownership(), by);
            let (mut found, mut made) = (0, 0);
            while let Some(request) = pages.next_request() {
                made += 1;
                let offset = request.parameter("offset").unwrap().parse().unwrap();
                let page = tiles(count, offset, server_limit);
                found += page.len();
                pages.read(&request, &json!({ "tiles": page }), "tiles");
            }
            assert_eq!((found, made, pages.end()), (count, calls, End::Complete));
        }
    }
}
