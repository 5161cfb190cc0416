//! Chooses the next page of a list, and detects the end of the list.
//!
//! Lists by time are sorted newest first. Recorded responses link the older rows with `_metadata.links.prev`, Torn's
//! API description says `next`, and some lists have no links. So after a full page, the next request asks for the rows
//! up to the oldest start on that page. A link is followed only if that request brings no new rows.

use std::collections::{BTreeSet, HashSet, VecDeque};

use serde::Deserialize;
use serde_json::Value;

use crate::api::request::Request;
use crate::api::wire::scalar::Integer;

/// The maximum number of pages of a list. No list of Torn has so many.
const MAX_PAGES: usize = 2000;

/// The parameter that selects a page of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PagedBy {
    /// The parameter `to`: the latest start time, inclusive.
    Time,
    /// The parameter `offset`: the number of rows to skip.
    Offset {
        /// The list is known to have at least this number of rows.
        expected: u64,
    },
}

/// Whether a list was read to its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ListEnd {
    Complete,
    /// The server repeats its pages or does not stop sending new ones, so the end was not reached.
    Repeating,
}

/// The state of reading one list.
#[derive(Debug)]
pub struct Pages {
    base_url: String,
    by: PagedBy,
    limit: usize,
    next: VecDeque<Request>,
    requested: BTreeSet<String>,
    seen: HashSet<String>,
    end: ListEnd,
}

/// The facts about the rows of one page from which the next page is chosen.
struct PageRows {
    count: usize,
    new: usize,
    newest: Option<i64>,
    oldest: Option<i64>,
}

impl Pages {
    /// Starts with the request `first`, which has a parameter `limit`.
    pub fn new(base_url: &str, first: Request, by: PagedBy) -> Self {
        let limit = first
            .parameter("limit")
            .and_then(|limit| limit.parse().ok());
        Self {
            base_url: base_url.to_owned(),
            by,
            limit: limit.unwrap_or(usize::MAX),
            next: VecDeque::from([first]),
            requested: BTreeSet::new(),
            seen: HashSet::new(),
            end: ListEnd::Complete,
        }
    }

    /// The request for the next page, or `None` at the end of the list.
    pub fn next_request(&mut self) -> Option<Request> {
        while let Some(request) = self.next.pop_front() {
            if self.requested.len() >= MAX_PAGES {
                self.end = ListEnd::Repeating;
                return None;
            }
            if self.requested.insert(request.page_key()) {
                return Some(request);
            }
        }
        None
    }

    /// Whether the list was read to its end. Valid after [`Self::next_request`] has returned `None`.
    pub(crate) fn end(&self) -> ListEnd {
        self.end
    }

    /// Records the response to `request`, whose rows are in `field`, and plans the next requests.
    pub fn record_page(&mut self, request: &Request, body: &Value, field: &str) {
        let rows = self.rows(body, field);
        match self.by {
            PagedBy::Offset { expected } => self.plan_next_offset(request, body, &rows, expected),
            PagedBy::Time => self.plan_next_time(request, body, &rows),
        }
    }

    fn plan_next_offset(
        &mut self,
        request: &Request,
        body: &Value,
        rows: &PageRows,
        expected: u64,
    ) {
        if rows.count == 0 {
            return;
        }
        if rows.new == 0 {
            self.end = ListEnd::Repeating;
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

    fn plan_next_time(&mut self, request: &Request, body: &Value, rows: &PageRows) {
        if request.parameter("from").is_some() {
            return; // This page has the rows of one second in ascending order. The page after it is already planned.
        }
        let full = rows.count >= self.limit;
        if rows.new > 0 || !full {
            // The other planned requests were alternatives in case this one brings no new rows.
            self.next.clear();
            self.end = ListEnd::Complete;
        }
        let links = self.older_links(request, body);
        let Some(oldest) = rows.oldest.filter(|_| full) else {
            // The server's limit may be lower than the requested one.
            if rows.new > 0 {
                self.next.extend(links);
            }
            return;
        };
        let requested_to: Option<i64> = request.parameter("to").and_then(|to| to.parse().ok());
        if rows.new == 0 && requested_to.is_some_and(|to| oldest > to) {
            // The server ignores `to`, so follow the links. If all links are null, this is the last page.
            self.next.extend(links);
            self.end = if has_only_null_links(body) {
                ListEnd::Complete
            } else {
                ListEnd::Repeating
            };
            return;
        }
        let up_to = |to: i64| request.with(&[("to", &to.to_string())]);
        self.next.push_back(up_to(oldest));
        self.next.extend(links);
        if rows.newest == Some(oldest) {
            // More rows may start in this second than fit on a page. Request them in ascending order too.
            let second = oldest.to_string();
            self.next.push_back(request.with(&[
                ("from", &second),
                ("to", &second),
                ("sort", "ASC"),
            ]));
        }
        self.next.push_back(up_to(oldest.saturating_sub(1)));
    }

    fn rows(&mut self, body: &Value, field: &str) -> PageRows {
        let items = body.get(field).and_then(Value::as_array);
        let items = items.map(Vec::as_slice).unwrap_or_default();
        let starts = || items.iter().filter_map(start_of);
        PageRows {
            count: items.len(),
            new: items
                .iter()
                .filter(|item| self.seen.insert(row_key(item)))
                .count(),
            newest: starts().max(),
            oldest: starts().min(),
        }
    }

    /// The requests for the linked pages with older rows. Links to other hosts are ignored.
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
            .filter(|page| {
                page.path() == request.path() && leads_to_older_rows(request, page, self.by)
            })
            .filter(|page| !self.requested.contains(&page.page_key()))
            .collect()
    }
}

/// Whether a response has links, and all of them are null.
fn has_only_null_links(body: &Value) -> bool {
    let links = body.get("_metadata").and_then(|data| data.get("links"));
    links
        .and_then(Value::as_object)
        .is_some_and(|links| !links.is_empty() && links.values().all(Value::is_null))
}

/// Whether a link leads to older rows.
fn leads_to_older_rows(request: &Request, page: &Request, by: PagedBy) -> bool {
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

fn start_of(row: &Value) -> Option<i64> {
    let start = row.get("start").or_else(|| row.get("started_at"))?;
    Integer::deserialize(start).ok().map(|start| start.0)
}

/// The id of a row, or the row itself if it has no id.
fn row_key(row: &Value) -> String {
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

    /// The behaviour of the test server.
    #[derive(Clone, Copy, PartialEq)]
    enum Server {
        /// `prev` links the older rows.
        Recorded,
        /// `next` links the older rows.
        Published,
        /// There are no links.
        Silent,
        /// The links lead to another host.
        Foreign,
        /// The server ignores `to`; `next` links the older rows by offset.
        OffsetLinks,
        /// The server always sends the first page.
        Stuck,
        /// A page has at most 20 rows; `prev` links the older rows.
        Capped,
    }

    /// Reads a list of rows with these start times from `server`. Returns the number of ids, the number of calls and the
    /// end.
    fn read(server: Server, starts: &[i64]) -> (usize, usize, ListEnd) {
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
            pages.record_page(&request, &body, "wars");
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
                assert_eq!((found, end), (starts.len(), ListEnd::Complete));
                // Each page adds 99 rows, because one row is on the page before too; 19 rows with `Capped`.
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
    fn rows_of_one_second_are_read_in_both_orders() {
        let mut starts = vec![5_000; 180];
        starts.extend((0..150).map(|row| 6_000 + row));
        starts.extend((0..150).map(|row| 1_000 + row));

        for server in [Server::Recorded, Server::Silent, Server::OffsetLinks] {
            assert_eq!(read(server, &starts).0, 480);
        }
    }

    #[test]
    fn a_server_that_repeats_its_first_page_is_detected() {
        let starts: Vec<i64> = (0..500).collect();

        let (found, calls, end) = read(Server::Stuck, &starts);

        assert_eq!((found, end), (LIMIT, ListEnd::Repeating));
        assert!(calls <= 5, "{calls} calls");
    }

    #[test]
    fn rows_added_during_the_reading_do_not_hide_others() {
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
            pages.record_page(&request, &body, "wars");
            let newest = (rows.len(), rows[0].1 + 20);
            rows.insert(0, newest);
        }

        assert!((0..250).all(|id| found.contains(&id)));
    }

    #[test]
    fn offsets_advance_while_there_are_rows() {
        let tiles = |count: usize, offset: usize, limit: usize| -> Vec<Value> {
            (offset..count.min(offset + limit))
                .map(|id| json!({ "id": format!("T{id}") }))
                .collect()
        };
        let check = |server_limit: usize, count: usize, expected: u64, calls: usize| {
            let by = PagedBy::Offset { expected };
            let mut pages = Pages::new(BASE, Request::ownership(), by);
            let (mut found, mut made) = (0, 0);
            while let Some(request) = pages.next_request() {
                made += 1;
                let offset = request.parameter("offset").unwrap().parse().unwrap();
                let page = tiles(count, offset, server_limit);
                found += page.len();
                pages.record_page(&request, &json!({ "tiles": page }), "tiles");
            }
            assert_eq!(
                (found, made, pages.end()),
                (count, calls, ListEnd::Complete)
            );
        };

        check(500, 4107, 0, 9);
        check(500, 1000, 0, 3);
        check(20, 45, 45, 3);
        check(500, 0, 0, 1);
    }
}
