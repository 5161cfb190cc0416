//! Fetches a list page by page.

use std::ops::ControlFlow;

use serde_json::Value;

use super::{Failure, Response, TornClient};
use crate::api::pages::{ListEnd, PagedBy, Pages};
use crate::api::pool::KeyRequirement;
use crate::api::request::Request;
use crate::api::wire::{DecodeError, Partitioned};

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Partitioned<T>,
    /// The request for this page.
    pub(crate) request: Request,
    /// The name of the key that made the call.
    pub(crate) source: String,
    /// The time of the answer in unix seconds.
    pub(crate) at: i64,
}

/// The result of fetching a list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ListRead {
    /// The end of the list was reached.
    ToTheEnd,
    /// The caller stopped before the end.
    AsFarAsNeeded,
    /// A call failed before the end.
    Failed(Failure),
}

/// Fetches the pages of a list from the request `first`, until the list ends or `handle_page` returns
/// [`ControlFlow::Break`].
///
/// # Errors
///
/// Only the errors of `handle_page`. A failed call is [`ListRead::Failed`].
pub(crate) fn read_list<T, E>(
    torn: &TornClient,
    first: Request,
    by: PagedBy,
    entity: &str,
    decode: impl Fn(&Value, i64) -> Result<(&'static str, Partitioned<T>), DecodeError>,
    mut handle_page: impl FnMut(Page<T>) -> Result<ControlFlow<()>, E>,
) -> Result<ListRead, E> {
    let mut pages = Pages::new(torn.base_url(), first, by);
    while let Some(request) = pages.next_request() {
        let page = torn
            .get(&request, KeyRequirement::Any)
            .and_then(|response| decode_page(response, &request, entity, &decode));
        let (response, field, items) = match page {
            Ok(page) => page,
            Err(failure) => return Ok(ListRead::Failed(failure)),
        };
        pages.record_page(&request, &response.body, field);
        let page = Page {
            items,
            request,
            source: response.source,
            at: response.at,
        };
        if handle_page(page)?.is_break() {
            return Ok(ListRead::AsFarAsNeeded);
        }
    }
    Ok(match pages.end() {
        ListEnd::Complete => ListRead::ToTheEnd,
        ListEnd::Repeating => ListRead::Failed(Failure::Endless),
    })
}

fn decode_page<T>(
    response: Response,
    request: &Request,
    entity: &str,
    decode: impl Fn(&Value, i64) -> Result<(&'static str, Partitioned<T>), DecodeError>,
) -> Result<(Response, &'static str, Partitioned<T>), Failure> {
    if let Some(failed) = response.errors.first() {
        return Err(Failure::Refused(failed.error.clone()));
    }
    match decode(&response.body, response.at) {
        Ok((field, items)) => Ok((response, field, items)),
        Err(error) => {
            let body = response.body.to_string();
            Err(Failure::rejected(request, entity, &error, body))
        }
    }
}
