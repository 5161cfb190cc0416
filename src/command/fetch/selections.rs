//! Decodes an answer about one player or faction selection by selection.

use serde_json::Value;

use crate::api::error::RetryPolicy;
use crate::api::request::Request;
use crate::api::wire::DecodeError;
use crate::command::torn::{Failure, Response};

/// An answer whose selections are decoded separately, so that an invalid selection does not affect the others.
pub(super) struct Selections<'a> {
    request: &'a Request,
    response: &'a Response,
    entity: String,
    pub(super) failures: Vec<Failure>,
}

impl<'a> Selections<'a> {
    pub(super) fn new(request: &'a Request, response: &'a Response, entity: String) -> Self {
        Self {
            request,
            response,
            entity,
            failures: Vec::new(),
        }
    }

    pub(super) fn request(&self) -> &Request {
        self.request
    }

    pub(super) fn entity(&self) -> &str {
        &self.entity
    }

    /// Decodes the selection that carries the id of the entity.
    ///
    /// # Errors
    ///
    /// If the answer is about another entity than `requested`, so that no selection can be used.
    pub(super) fn decode_identity<T>(
        &mut self,
        selection: &str,
        subject: Option<i64>,
        requested: i64,
        decode: impl FnOnce(&Value) -> Result<T, DecodeError>,
    ) -> Result<Option<T>, Failure> {
        let value = self.decode(selection, |body| decode(body).map(Some));
        if subject.is_some_and(|id| id != requested) {
            return Err(self.failures.pop().unwrap_or(Failure::NotListed));
        }
        Ok(value)
    }

    /// Decodes a selection; `None` if it was not requested, or could not be decoded.
    ///
    /// A failure is added to `failures`. Missing access to a private selection is no failure.
    pub(super) fn decode<T>(
        &mut self,
        selection: &str,
        decode: impl FnOnce(&Value) -> Result<Option<T>, DecodeError>,
    ) -> Option<T> {
        if !self.request.endpoint.selections.contains(&selection) {
            return None;
        }
        let refused = self
            .response
            .errors
            .iter()
            .find(|failed| failed.selection == selection);
        if let Some(refused) = refused {
            let is_private = matches!(selection, "battlestats" | "personalstats");
            let is_no_access = matches!(
                refused.error.policy(),
                RetryPolicy::NoAccess | RetryPolicy::PauseCategory
            );
            if !(is_private && is_no_access) {
                self.failures.push(Failure::Refused(refused.error.clone()));
            }
            return None;
        }
        let body = &self.response.body;
        match decode(body) {
            Ok(value) => value,
            Err(error) => {
                let part = body.get(selection).unwrap_or(body).to_string();
                let failure = Failure::rejected(self.request, &self.entity, &error, part);
                self.failures.push(failure);
                None
            }
        }
    }
}
