//! Applies the [`RetryPolicy`] for an error.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::{
    AcquiredKey, CallState, Failure, MAX_FAULTS_IN_A_ROW, Response, RunEnd, TornClient, lock,
    random,
};
use crate::api::error::{ApiError, RetryPolicy, SelectionError};
use crate::api::pool::{KeyRequirement, RefusedIds};
use crate::api::request::{Endpoint, Request};

/// The next step after an answer in which some selections have errors.
pub(super) enum NextStep {
    Accept,
    TryAgain,
}

impl TornClient {
    /// Applies the policies for the errors of single selections. Another key or attempt may return the missing selections.
    pub(super) fn handle_selection_errors(
        &self,
        response: &Response,
        request: &Request,
        requirement: KeyRequirement,
        key: &AcquiredKey,
        state: &mut CallState,
    ) -> Result<NextStep, Failure> {
        let mut next = NextStep::Accept;
        for SelectionError { selection, error } in &response.errors {
            log::debug!("GET {}: {selection}: {error}", request.target);
            let endpoint = request.endpoint.only(selection);
            match error.policy() {
                RetryPolicy::Retry => {
                    state.tries += 1;
                    if let Some(delay) = error.retry_delay(state.tries, self.first_retry, random())
                    {
                        self.wait_to_try_again(delay, error);
                        next = NextStep::TryAgain;
                    }
                }
                RetryPolicy::NoAccess => {
                    self.deny(key, endpoint, requirement, error, state);
                    next = NextStep::TryAgain;
                }
                RetryPolicy::PauseCategory => {
                    self.pause_category(key, endpoint, error, state)?;
                    next = NextStep::TryAgain;
                }
                RetryPolicy::EndpointClosed => {
                    lock(&self.closed).insert(endpoint);
                }
                RetryPolicy::FailTarget | RetryPolicy::NoSuchId => {}
                _ => {
                    self.apply_policy(error, request, requirement, key, state)?;
                    next = NextStep::TryAgain;
                }
            }
        }
        Ok(next)
    }

    /// Applies the policy for an error. `Ok` means that the call is tried again.
    pub(super) fn apply_policy(
        &self,
        error: &ApiError,
        request: &Request,
        requirement: KeyRequirement,
        key: &AcquiredKey,
        state: &mut CallState,
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
            RetryPolicy::Retry => self.retry(error, state),
            RetryPolicy::PauseOwner => {
                state.refusal = Some(error.clone());
                self.pause_owner(key, error)
            }
            RetryPolicy::PauseAddress(time) => self.pause_address(time, key.called_at, error),
            RetryPolicy::DisableKey => self.confirm_key(key, request, error),
            RetryPolicy::PauseKey(seconds) => {
                self.pause_key(key, seconds, error)?;
                match requirement {
                    KeyRequirement::Only(_) => Err(refused()),
                    _ => Ok(()),
                }
            }
            RetryPolicy::NoAccess => {
                self.deny(key, request.endpoint, requirement, error, state);
                Ok(())
            }
            RetryPolicy::PauseCategory => self.pause_category(key, request.endpoint, error, state),
            RetryPolicy::Blocked => Err(self.end_blocked_run(error)),
            RetryPolicy::ApiClosed => Err(self.end(RunEnd::closed(error))),
            RetryPolicy::EndRun => Err(self.end(RunEnd::misconfigured(error))),
            RetryPolicy::EndpointClosed => {
                lock(&self.closed).insert(request.endpoint);
                Err(refused())
            }
            RetryPolicy::NoSuchId | RetryPolicy::FailTarget => Err(refused()),
        }
    }

    /// Waits before the next attempt. Fails if there is none.
    fn retry(&self, error: &ApiError, state: &mut CallState) -> Result<(), Failure> {
        state.tries += 1;
        match error.retry_delay(state.tries, self.first_retry, random()) {
            Some(delay) => {
                self.wait_to_try_again(delay, error);
                Ok(())
            }
            None => Err(self.give_up(error)),
        }
    }

    fn wait_to_try_again(&self, delay: Duration, error: &ApiError) {
        self.progress
            .wait(Instant::now() + delay, || format!("to try again: {error}"));
        self.wait(delay);
    }

    /// Handles a call whose attempts all failed with transient errors. After several such calls in a row the run ends.
    fn give_up(&self, error: &ApiError) -> Failure {
        let faults = self.faults_in_a_row.fetch_add(1, Ordering::Relaxed) + 1;
        if faults >= MAX_FAULTS_IN_A_ROW {
            return self.end(RunEnd::not_answering(error, &self.route()));
        }
        Failure::Refused(error.clone())
    }

    /// Records that a key has no access, so that the next attempt uses another key.
    fn deny(
        &self,
        key: &AcquiredKey,
        endpoint: Endpoint,
        requirement: KeyRequirement,
        error: &ApiError,
        state: &mut CallState,
    ) {
        let is_for_all_ids =
            error.applies_to_every_id() || matches!(requirement, KeyRequirement::BattleStatsOf(_));
        let ids = if is_for_all_ids {
            RefusedIds::All
        } else {
            RefusedIds::AtLeastThis
        };
        lock(&self.pool).record_refusal(key.id, endpoint, ids);
        state.excluded.push(key.id);
        state.refusal = Some(error.clone());
    }
}
