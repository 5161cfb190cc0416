//! Failures of items that could not be decoded or saved.

use crate::api::request::Request;
use crate::api::wire::InvalidItem;
use crate::command::torn::Failure;
use crate::error::Error;
use crate::store::run::Rejected;

/// The failure of an item of a list that could not be decoded.
pub(super) fn rejected_item(request: &Request, entity: &str, item: &InvalidItem) -> Failure {
    Failure::rejected(request, entity, &item.error, item.item.to_string())
}

/// The failure of an item whose data violates a rule of the database. The request and the body are not known here.
pub(super) fn refused_by_database(entity: &str, error: &Error) -> Failure {
    Failure::Rejected(Box::new(Rejected {
        endpoint: "-".to_owned(),
        entity: entity.to_owned(),
        json_path: "-".to_owned(),
        error: error.one_line(),
        body: String::new(),
    }))
}

/// Whether a failure must be reported: a temporary failure, or an invalid answer. Any other refusal of a report or a
/// history only means that it does not exist.
pub(super) fn is_reportable(failure: &Failure) -> bool {
    failure.is_passing() || matches!(failure, Failure::Rejected(_))
}
