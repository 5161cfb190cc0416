//! The pages of long lists: selects the rows of a page and makes the links to its neighbors.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::sim::answer::request::{ApiRequest, Links};

/// One page of a list by time.
pub(super) struct Page<T> {
    pub(super) rows: Vec<T>,
    /// The `_metadata` of the page.
    pub(super) metadata: Value,
}

impl ApiRequest<'_> {
    /// The maximal number of rows of a page.
    pub(super) fn limit(&self, default: i64, maximum: i64) -> usize {
        let limit = self.number("limit").unwrap_or(default).clamp(1, maximum);
        usize::try_from(limit).unwrap_or(1)
    }

    /// The number of rows before the page. Lists by time ignore this parameter.
    pub(super) fn offset(&self) -> usize {
        usize::try_from(self.number("offset").unwrap_or(0)).unwrap_or(0)
    }

    /// The latest start of a row in a list by time (inclusive).
    pub(super) fn max_start(&self) -> i64 {
        self.number("to").unwrap_or(i64::MAX)
    }

    /// Whether the oldest row of a page comes first.
    pub(super) fn oldest_first(&self) -> bool {
        self.parameter("sort")
            .is_some_and(|sort| sort.eq_ignore_ascii_case("asc"))
    }

    /// The `_metadata` of a page in a list by offset.
    pub(super) fn links_by_offset(&self, offset: usize, limit: usize, total: usize) -> Value {
        if self.links == Links::None {
            return links(None, None);
        }
        let to = |offset: usize| {
            let offset = i64::try_from(offset).unwrap_or(0);
            self.link(&["offset"], &[("offset", offset.to_string())])
        };
        let next = (offset + limit < total).then(|| to(offset + limit));
        let prev = (offset > 0).then(|| to(offset.saturating_sub(limit)));
        links(prev.as_deref(), next.as_deref())
    }

    /// The requested page of a list by time.
    ///
    /// `list` has rows up to [`ApiRequest::max_start`], newest first. It has at least one row more than the page, unless
    /// the whole list has no more. `newest` is the start of the newest row of the whole list.
    pub(super) fn page_by_time<T>(
        &self,
        list: Vec<T>,
        newest: Option<i64>,
        start: impl Fn(&T) -> i64,
    ) -> Page<T> {
        let limit = self.limit(100, 100);
        let (from, to) = (self.number("from").unwrap_or(0), self.max_start());
        let mut older = 0;
        let mut rows = Vec::new();
        for row in list {
            if start(&row) < from {
                older += 1;
            } else if start(&row) <= to {
                rows.push(row);
            }
        }
        let cut = rows.len().saturating_sub(limit);
        let mut newer_rows_cut = 0;
        if self.oldest_first() {
            rows.drain(..cut);
            rows.reverse();
            newer_rows_cut = cut;
        } else {
            rows.truncate(limit);
            older += cut;
        }
        let starts = || rows.iter().map(&start);
        let (oldest_shown, newest_shown) = (starts().min(), starts().max());
        let has_newer = newer_rows_cut > 0 || newest > newest_shown;
        let metadata = self.links_by_time(
            oldest_shown.filter(|_| older > 0),
            newest_shown.filter(|_| has_newer),
        );
        Page { rows, metadata }
    }

    /// The `_metadata` with links to the rows up to `older` and from `newer` on.
    fn links_by_time(&self, older: Option<i64>, newer: Option<i64>) -> Value {
        let older = older.map(|oldest| self.link_by_time("desc", "to", oldest));
        let newer = newer.map(|newest| self.link_by_time("asc", "from", newest));
        let (older, newer) = (older.as_deref(), newer.as_deref());
        match (self.links, self.oldest_first()) {
            (Links::Recorded, _) | (Links::Published, true) => links(older, newer),
            (Links::Published, false) => links(newer, older),
            (Links::None, _) => links(None, None),
        }
    }

    /// A link to the rows on one side of a timestamp. The bound is inclusive, so the pages overlap by a row.
    fn link_by_time(&self, sort: &str, bound: &str, timestamp: i64) -> String {
        let limit = self.limit(100, 100);
        let parameters = [
            ("limit", limit.to_string()),
            ("sort", sort.to_owned()),
            (bound, timestamp.to_string()),
        ];
        self.link(&["limit", "sort", "from", "to", "offset"], &parameters)
    }

    /// A link to the same path with some parameters removed and others added.
    fn link(&self, removed: &[&str], added: &[(&str, String)]) -> String {
        let mut link = format!("{}{}?", self.base, self.path);
        let kept = self
            .query
            .iter()
            .filter(|(name, _)| !removed.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), value));
        let added = added.iter().map(|(name, value)| (*name, value));
        for (number, (name, value)) in kept.chain(added).enumerate() {
            let separator = if number == 0 { "" } else { "&" };
            // Writing to a String cannot fail.
            let _infallible = write!(link, "{separator}{name}={value}");
        }
        link
    }
}

fn links(prev: Option<&str>, next: Option<&str>) -> Value {
    json!({"links": {"next": next, "prev": prev}})
}
