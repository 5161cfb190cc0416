//! Reads a list page by page.

use std::ops::ControlFlow;

use serde_json::Value;

use super::{Failure, Reply, TornClient};
use crate::api::pages::{End, PagedBy, Pages};
use crate::api::pool::Need;
use crate::api::request::Request;
use crate::api::wire::{DecodeError, Partitioned};

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Partitioned<T>,
    /// The call that brought it.
    pub(crate) request: Request,
    /// The name of the key that brought it.
    pub(crate) source: String,
    /// When it came, unix seconds.
    pub(crate) at: i64,
}

/// How the reading of a list ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ListRead {
    /// At its end.
    ToTheEnd,
    /// Where the reader needed no more.
    AsFarAsNeeded,
    /// Before its end.
    Failed(Failure),
}

/// Reads the list that begins with `first`, until it ends or `take` breaks. `field` names the list in the body.
///
/// # Errors
///
/// Only those of `take`; failures of the calls are in [`ListRead::Failed`].
pub(crate) fn read_list<T, E>(
    torn: &TornClient,
    first: Request,
    by: PagedBy,
    entity: &str,
    decode: impl Fn(&Value, i64) -> Result<(&'static str, Partitioned<T>), DecodeError>,
    mut take: impl FnMut(Page<T>) -> Result<ControlFlow<()>, E>,
) -> Result<ListRead, E> {
    let mut pages = Pages::new(torn.base_url(), first, by);
    while let Some(request) = pages.next_request() {
        let page = torn
            .get(&request, Need::Any)
            .and_then(|reply| decode_page(reply, &request, entity, &decode));
        let (reply, field, items) = match page {
            Ok(page) => page,
            Err(failure) => return Ok(ListRead::Failed(failure)),
        };
        pages.read(&request, &reply.body, field);
        let page = Page {
            items,
            request,
            source: reply.source,
            at: reply.at,
        };
        if take(page)?.is_break() {
            return Ok(ListRead::AsFarAsNeeded);
        }
    }
    Ok(match pages.end() {
        End::Complete => ListRead::ToTheEnd,
        End::Circle => ListRead::Failed(Failure::Endless),
    })
}

fn decode_page<T>(
    reply: Reply,
    request: &Request,
    entity: &str,
    decode: impl Fn(&Value, i64) -> Result<(&'static str, Partitioned<T>), DecodeError>,
) -> Result<(Reply, &'static str, Partitioned<T>), Failure> {
    if let Some(failed) = reply.errors.first() {
        return Err(Failure::Refused(failed.error.clone()));
    }
    match decode(&reply.body, reply.at) {
        Ok((field, items)) => Ok((reply, field, items)),
        Err(error) => {
            let body = reply.body.to_string();
            Err(Failure::rejected(request, entity, &error, body))
        }
    }
}
