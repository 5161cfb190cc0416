//! Applies the policy for an error: one arm for each [`RetryPolicy`].

use std::sync::atomic::Ordering;

use super::{Attempt, Failure, MAX_FAULTS_IN_A_ROW, Reply, RunEnd, TornClient, Turn, lock, random};
use crate::api::error::{ApiError, RetryPolicy, SelectionError};
use crate::api::pool::Need;
use crate::api::request::{Endpoint, Request};

/// The next step after an answer of which some selections carry errors.
pub(super) enum Next {
    Accept,
    TryAgain,
}

impl TornClient {
    /// Applies the policies for the errors in the selections of an answer. Another key or another try may bring more.
    pub(super) fn cure(
        &self,
        reply: &Reply,
        request: &Request,
        need: Need,
        turn: &Turn,
        attempt: &mut Attempt,
    ) -> Result<Next, Failure> {
        let mut next = Next::Accept;
        for SelectionError { selection, error } in &reply.errors {
            log::debug!("GET {}: {selection}: {error}", request.target);
            let endpoint = request.endpoint.only(selection);
            match error.policy() {
                RetryPolicy::Retry => {
                    attempt.tries += 1;
                    if let Some(delay) =
                        error.retry_delay(attempt.tries, self.first_retry, random())
                    {
                        self.wait(delay);
                        next = Next::TryAgain;
                    }
                }
                RetryPolicy::NoAccess => {
                    self.deny(turn, endpoint, need, error, attempt);
                    next = Next::TryAgain;
                }
                RetryPolicy::RestFromCategory => {
                    self.rest_from_category(turn, endpoint, error, attempt)?;
                    next = Next::TryAgain;
                }
                RetryPolicy::EndpointClosed => {
                    lock(&self.closed).insert(endpoint);
                }
                RetryPolicy::FailTarget | RetryPolicy::NoSuchId => {}
                _ => {
                    self.apply(error, request, need, turn, attempt)?;
                    next = Next::TryAgain;
                }
            }
        }
        Ok(next)
    }

    /// Applies the policy for an error. `Ok`: the call may be tried again.
    pub(super) fn apply(
        &self,
        error: &ApiError,
        request: &Request,
        need: Need,
        turn: &Turn,
        attempt: &mut Attempt,
    ) -> Result<(), Failure> {
        let policy = error.policy();
        let refused = || Failure::Refused(error.clone());
        if !matches!(
            policy,
            RetryPolicy::Retry | RetryPolicy::PauseOwner | RetryPolicy::PauseAddress(_)
        ) {
            self.faults_in_a_row.store(0, Ordering::Relaxed);
        }
        match policy {
            RetryPolicy::Retry => self.retry(error, attempt),
            RetryPolicy::PauseOwner => {
                attempt.refusal = Some(error.clone());
                self.pause_owner(turn, error)
            }
            RetryPolicy::PauseAddress(time) => self.pause_address(time, turn.called_at, error),
            RetryPolicy::DisableKey => self.doubt(turn, request, error, attempt),
            RetryPolicy::PauseKey(seconds) => {
                self.pause_key(turn, seconds, error)?;
                match need {
                    Need::This(_) => Err(refused()),
                    _ => Ok(()),
                }
            }
            RetryPolicy::NoAccess => {
                self.deny(turn, request.endpoint, need, error, attempt);
                Ok(())
            }
            RetryPolicy::RestFromCategory => {
                self.rest_from_category(turn, request.endpoint, error, attempt)
            }
            RetryPolicy::Blocked => Err(self.blocked(error)),
            RetryPolicy::ApiClosed => Err(self.end(RunEnd::closed(error))),
            RetryPolicy::EndRun => Err(self.end(RunEnd::misconfigured(error))),
            RetryPolicy::EndpointClosed => {
                lock(&self.closed).insert(request.endpoint);
                Err(refused())
            }
            RetryPolicy::NoSuchId | RetryPolicy::FailTarget => Err(refused()),
        }
    }

    /// Waits before the next try, if there is one.
    fn retry(&self, error: &ApiError, attempt: &mut Attempt) -> Result<(), Failure> {
        attempt.tries += 1;
        match error.retry_delay(attempt.tries, self.first_retry, random()) {
            Some(delay) => {
                self.wait(delay);
                Ok(())
            }
            None => Err(self.fault(error)),
        }
    }

    /// A passing fault has outlasted every retry. After several in a row Torn is taken not to answer at all.
    fn fault(&self, error: &ApiError) -> Failure {
        let faults = self.faults_in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
        if faults >= MAX_FAULTS_IN_A_ROW {
            return self.end(RunEnd::not_answering(error, &self.route()));
        }
        Failure::Refused(error.clone())
    }

    /// Remembers that a key may not ask that.
    fn deny(
        &self,
        turn: &Turn,
        endpoint: Endpoint,
        need: Need,
        error: &ApiError,
        attempt: &mut Attempt,
    ) {
        let for_every_id = error.is_for_every_id() || matches!(need, Need::OwnerOf(_));
        lock(&self.pool).deny(turn.id, endpoint, for_every_id);
        attempt.excluded.push(turn.id);
        attempt.refusal = Some(error.clone());
    }
}
