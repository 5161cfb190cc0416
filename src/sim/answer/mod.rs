//! Routes an API request to the JSON that Torn would answer.

mod api_error;
mod faction;
mod paging;
mod request;
mod territory;
mod user;
mod wars;

use serde_json::{Value, json};

pub(crate) use api_error::{ApiError, error_body};
pub(crate) use request::ApiRequest;
pub use request::Links;

use crate::sim::answer::request::{Answer, Body, body};
use crate::sim::keys::Category;
use crate::sim::world::World;

impl ApiRequest<'_> {
    /// Joins the answers to several selections.
    fn answer_all(
        &self,
        category: Category,
        selections: &[&str],
        answer: impl Fn(&str) -> Answer,
    ) -> Answer {
        let mut union = Body::new();
        for &selection in selections {
            let part = if self.key.is_denied(category, selection) {
                Err(ApiError::LowAccess)
            } else {
                answer(selection)
            };
            match part {
                Ok(part) => merge_fields(&mut union, part),
                Err(error) if self.selection_errors && error.concerns_the_key() => {
                    union
                        .entry(self.field_of(selection))
                        .or_insert(error.to_json());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(union)
    }

    /// The name of the field with the answer to a selection.
    fn field_of<'a>(&self, selection: &'a str) -> &'a str {
        match selection {
            "territoryownership" if !self.old_ownership_key => "territoryOwnership",
            _ => selection,
        }
    }
}

/// Adds the fields of one answer to another. Joins two objects with the same name.
fn merge_fields(union: &mut Body, part: Body) {
    for (name, value) in part {
        match (union.get_mut(&name), value) {
            (Some(Value::Object(known)), Value::Object(more)) => {
                for (name, value) in more {
                    known.entry(name).or_insert(value);
                }
            }
            (_, value) => {
                union.insert(name, value);
            }
        }
    }
}

impl World {
    /// The answer of Torn to a request.
    pub(crate) fn answer(&self, request: &ApiRequest<'_>) -> Answer {
        let parts: Vec<&str> = request
            .path
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        match parts.as_slice() {
            ["key"] if request.parameter("selections") == Some("info") => {
                Ok(self.key_info(request))
            }
            ["key", "info"] => Ok(self.key_info(request)),
            ["user", rest @ ..] => {
                let (id, selections) = parse_target(request, rest, "profile")?;
                request.answer_all(Category::User, &selections, |selection| {
                    self.user_answer(request, id, selection)
                })
            }
            ["faction", rest @ ..] => {
                let (id, selections) = parse_target(request, rest, "basic")?;
                request.answer_all(Category::Faction, &selections, |selection| {
                    self.faction_answer(request, id, selection)
                })
            }
            ["torn", rest @ ..] => {
                let (_, selections) = parse_target(request, rest, "")?;
                request.answer_all(Category::Torn, &selections, |selection| match selection {
                    "territory" => Ok(self.tile_facts(request)),
                    _ => Err(ApiError::WrongSelection),
                })
            }
            _ => Err(ApiError::WrongSelection),
        }
    }

    fn key_info(&self, request: &ApiRequest<'_>) -> Body {
        let key = request.key;
        let faction = self
            .player_at(key.owner, request.now)
            .and_then(|owner| owner.faction_id);
        let readable = key.selections();
        body(json!({"info": {
            "selections": {
                "company": [],
                "faction": readable.faction,
                "market": [],
                "property": [],
                "torn": readable.torn,
                "user": readable.user,
                "racing": [],
                "forum": [],
                "key": ["info"],
            },
            "user": {"id": key.owner, "faction_id": faction, "company_id": null},
            "access": {
                "level": key.access.level(),
                "type": key.access.name(),
                "faction": key.faction_access,
                "company": false,
                "log": {"custom_permissions": false, "available": []},
            },
        }}))
    }
}

/// The id and the selections in the path and the query.
fn parse_target<'a>(
    request: &'a ApiRequest<'_>,
    rest: &[&'a str],
    default_selection: &'a str,
) -> Result<(Option<i64>, Vec<&'a str>), ApiError> {
    let id = |text: &str| match text.parse::<i32>() {
        Ok(id) if id > 0 => Ok(i64::from(id)),
        _ => Err(ApiError::UnknownId),
    };
    let (path_id, selections) = match rest {
        [] => (None, request.selections(default_selection)),
        [one] if one.starts_with(|first: char| first.is_ascii_digit()) => {
            (Some(id(one)?), request.selections(default_selection))
        }
        [selection] => (None, vec![*selection]),
        [one, selection] => (Some(id(one)?), vec![*selection]),
        _ => return Err(ApiError::WrongSelection),
    };
    let query_id = request.parameter("id").map(id).transpose()?;
    Ok((path_id.or(query_id), selections))
}
