//! Answers: which question a path asks, and the JSON that Torn would reply.

mod api_error;
mod faction;
mod paging;
mod territory;
mod user;
mod wars;

use serde_json::{Map, Value, json};

pub(in crate::sim) use self::api_error::{ApiError, error_body};
pub use self::paging::Links;

use super::keys::{Category, Key};
use super::world::World;

/// One question, taken apart.
#[derive(Clone, Debug)]
pub(in crate::sim) struct Question<'a> {
    /// The address up to the path, with `/v2` if it was there.
    pub(in crate::sim) base: &'a str,
    /// The path without `/v2`.
    pub(in crate::sim) path: &'a str,
    /// The query, decoded.
    pub(in crate::sim) query: Vec<(String, String)>,
    /// The key that asks.
    pub(in crate::sim) key: &'a Key,
    /// When.
    pub(in crate::sim) now: i64,
    /// Whether a selection that the key may not read is refused inside the answer.
    pub(in crate::sim) refusals_inside: bool,
    /// Where the links of lists lead.
    pub(in crate::sim) links: Links,
    /// Whether `territoryownership` is spelled as it was before 2026.
    pub(in crate::sim) old_ownership_key: bool,
}

type Body = Map<String, Value>;
type Answer = Result<Body, ApiError>;

impl Question<'_> {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(parameter, _)| parameter == name)
            .map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.parameter(name)?.parse().ok()
    }

    /// The selections in the query, or these.
    fn selections<'a>(&'a self, otherwise: &'a str) -> Vec<&'a str> {
        self.parameter("selections")
            .filter(|selections| !selections.is_empty())
            .unwrap_or(otherwise)
            .split(',')
            .collect()
    }
}

impl Question<'_> {
    /// The union of what several selections answer.
    fn merge(
        &self,
        category: Category,
        selections: &[&str],
        answer: impl Fn(&str) -> Answer,
    ) -> Answer {
        let mut union = Body::new();
        for &selection in selections {
            let part = if self.key.is_refused(category, selection) {
                Err(ApiError::LowAccess)
            } else {
                answer(selection)
            };
            match part {
                Ok(part) => join(&mut union, part),
                Err(refusal) if self.refusals_inside && refusal.concerns_the_key() => {
                    union
                        .entry(self.field_of(selection))
                        .or_insert(refusal.error());
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(union)
    }

    /// The field of a body that a selection answers in.
    fn field_of<'a>(&self, selection: &'a str) -> &'a str {
        match selection {
            "territoryownership" if !self.old_ownership_key => "territoryOwnership",
            _ => selection,
        }
    }
}

/// Adds the fields of one answer to another; of two objects with one name, the fields are joined.
fn join(union: &mut Body, part: Body) {
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
    /// Answers a question as Torn does.
    pub(in crate::sim) fn answer(&self, question: &Question<'_>) -> Answer {
        let parts: Vec<&str> = question
            .path
            .split('/')
            .filter(|part| !part.is_empty())
            .collect();
        match parts.as_slice() {
            ["key"] if question.parameter("selections") == Some("info") => {
                Ok(self.key_info(question))
            }
            ["key", "info"] => Ok(self.key_info(question)),
            ["user", rest @ ..] => {
                let (id, selections) = target(question, rest, "profile")?;
                question.merge(Category::User, &selections, |selection| {
                    self.user_answer(question, id, selection)
                })
            }
            ["faction", rest @ ..] => {
                let (id, selections) = target(question, rest, "basic")?;
                question.merge(Category::Faction, &selections, |selection| {
                    self.faction_answer(question, id, selection)
                })
            }
            ["torn", rest @ ..] => {
                let (_, selections) = target(question, rest, "")?;
                question.merge(Category::Torn, &selections, |selection| match selection {
                    "territory" => Ok(self.tile_facts(question)),
                    _ => Err(ApiError::WrongSelection),
                })
            }
            _ => Err(ApiError::WrongSelection),
        }
    }

    fn key_info(&self, question: &Question<'_>) -> Body {
        let key = question.key;
        let faction = self
            .player_at(key.owner, question.now)
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
                "type": key.access.words(),
                "faction": key.faction_access,
                "company": false,
                "log": {"custom_permissions": false, "available": []},
            },
        }}))
    }
}

/// The id and the selections that a path and query ask for.
fn target<'a>(
    question: &'a Question<'_>,
    rest: &[&'a str],
    otherwise: &'a str,
) -> Result<(Option<i64>, Vec<&'a str>), ApiError> {
    let id = |text: &str| match text.parse::<i32>() {
        Ok(id) if id > 0 => Ok(i64::from(id)),
        _ => Err(ApiError::UnknownId),
    };
    let (path_id, selections) = match rest {
        [] => (None, question.selections(otherwise)),
        [one] if one.starts_with(|first: char| first.is_ascii_digit()) => {
            (Some(id(one)?), question.selections(otherwise))
        }
        [selection] => (None, vec![*selection]),
        [one, selection] => (Some(id(one)?), vec![*selection]),
        _ => return Err(ApiError::WrongSelection),
    };
    let query_id = question.parameter("id").map(id).transpose()?;
    Ok((path_id.or(query_id), selections))
}

fn body(value: Value) -> Body {
    match value {
        Value::Object(body) => body,
        _ => Body::new(),
    }
}
