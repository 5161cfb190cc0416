//! Faults injected into random answers. The same seed gives the same faults.
//!
//! A client can always detect that a faulty answer is faulty. The rules below exclude every change that would turn an
//! answer into a valid answer with other facts, such as `null` for the winner of a war.

use std::time::Duration;

use serde_json::{Value, json};

use crate::sim::fault::FaultKind;
use crate::sim::world::random::{Random, Topic};

/// How often random faults occur. Answers to `/key/info` never get one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Chaos {
    /// The seed of the random faults.
    pub seed: u64,
    /// How many of 1,000 answers get a fault.
    pub per_mille: u32,
}

/// A random fault that was injected into an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct InjectedFault {
    /// The number of the request; the first is 1, and requests for `/key/info` are not counted.
    pub number: i64,
    /// The path of the request, without `/v2` and the query.
    pub path: String,
    /// The query as it was sent.
    pub query: String,
    /// The kind of fault.
    pub fault: FaultKind,
}

/// Torn's temporary errors: code and message.
const TEMPORARY_ERRORS: [(i64, &str); 7] = [
    (0, "Unknown error"),
    (5, "Too many requests"),
    (12, "Key read error"),
    (15, "Temporary error"),
    (17, "Backend error occurred, please try again"),
    (24, "Closed temporarily"),
    (31, "City stats cron failed"),
];
/// The codes of temporary errors that can stand for one selection inside an answer.
const TEMPORARY_SELECTION_ERRORS: [i64; 4] = [0, 12, 15, 17];
const CHALLENGE_PAGE: &str =
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>";
/// How often to draw a place in the body before falling back to an error code.
const MAX_DRAWS: u32 = 40;

/// The names of optional values. Null, an empty list and an empty object all mean that there is no value, because PHP writes
/// "no value" in these ways.
const OPTIONAL: [&str; 20] = [
    "_metadata",
    "acquired_at",
    "co_leader_id",
    "details",
    "donator_status",
    "end",
    "ended_at",
    "faction_id",
    "forfeit",
    "image",
    "leader_id",
    "links",
    "owned_by",
    "racket",
    "ranked",
    "result",
    "rewards",
    "spouse",
    "until",
    "winner",
];
/// The names of optional texts. Any text and any number is valid there.
const OPTIONAL_TEXTS: [&str; 6] = [
    "details",
    "donator_status",
    "image",
    "is_enlisted",
    "result",
    "spouse",
];

impl Chaos {
    /// Whether the answer to the request with this number gets a fault.
    pub(crate) fn affects(self, number: i64) -> bool {
        let per_mille = i64::from(self.per_mille);
        Random::new(self.seed).below(Topic::Fault, number, 0, 1_000) < per_mille
    }

    /// The fault in the answer to the request with this number. `body` is the answer without a fault.
    pub(crate) fn draw_fault(self, number: i64, body: &Value) -> FaultKind {
        let mut rng = FaultRng {
            random: Random::new(self.seed),
            number,
            draws: 0,
        };
        let is_error = body.get("error").is_some();
        let fault = match rng.below(14) {
            0 => None,
            1 => Some(too_many_requests(&mut rng)),
            2 => Some(server_error(&mut rng)),
            3 => Some(html_page(200, CHALLENGE_PAGE)),
            4 => Some(FaultKind::Cut),
            5 => Some(FaultKind::Reset),
            6 => {
                let time = 5 + rng.below(25).unsigned_abs();
                Some(FaultKind::Hang(Duration::from_millis(time)))
            }
            7 => Some(FaultKind::Broken),
            8 => Some(FaultKind::Empty),
            _ if is_error => None,
            9 | 10 => remove_random(&mut rng, body),
            11 => set_random(&mut rng, body),
            12 => duplicate_random(&mut rng, body),
            _ => replace_selection_by_error(&mut rng, body),
        };
        fault.unwrap_or_else(|| {
            let (code, message) = rng.pick(&TEMPORARY_ERRORS).unwrap_or((17, "Backend error"));
            FaultKind::Code(code, message.to_owned())
        })
    }
}

/// The random numbers for one request.
struct FaultRng {
    random: Random,
    number: i64,
    draws: i64,
}

impl FaultRng {
    /// A number from 0 to `bound` - 1.
    fn below(&mut self, bound: i64) -> i64 {
        self.draws += 1;
        self.random
            .below(Topic::Fault, self.number, self.draws, bound)
    }

    fn index(&mut self, length: usize) -> usize {
        let bound = i64::try_from(length).unwrap_or(i64::MAX);
        usize::try_from(self.below(bound)).unwrap_or(0)
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        let index = self.index(list.len());
        list.get(index).cloned()
    }
}

fn html_page(status: u16, body: &str) -> FaultKind {
    FaultKind::Status(
        status,
        body.to_owned(),
        "text/html; charset=UTF-8".to_owned(),
        Vec::new(),
    )
}

fn too_many_requests(rng: &mut FaultRng) -> FaultKind {
    let seconds = rng.below(3);
    let headers = (seconds < 2).then(|| ("Retry-After".to_owned(), seconds.to_string()));
    FaultKind::Status(
        429,
        "Too Many Requests".to_owned(),
        "text/plain".to_owned(),
        headers.into_iter().collect(),
    )
}

fn server_error(rng: &mut FaultRng) -> FaultKind {
    let status = rng.pick(&[500, 502, 503, 520]).unwrap_or(500);
    html_page(status, CHALLENGE_PAGE)
}

/// A value of a body and its place.
struct Place<'a> {
    pointer: String,
    /// The name of the field, or of the list when this is an item.
    name: &'a str,
    is_item: bool,
    value: &'a Value,
}

impl Place<'_> {
    fn is_metadata(&self) -> bool {
        self.pointer.starts_with("/_metadata")
    }
}

/// Draws a place at any depth; `None` when the body is empty.
fn draw_place<'a>(rng: &mut FaultRng, body: &'a Value) -> Option<Place<'a>> {
    let mut place = Place {
        pointer: String::new(),
        name: "",
        is_item: false,
        value: body,
    };
    loop {
        let step = match place.value {
            Value::Object(fields) => {
                let index = rng.index(fields.len());
                fields.iter().nth(index).map(|(name, value)| Place {
                    pointer: format!("{}/{name}", place.pointer),
                    name: name.as_str(),
                    is_item: false,
                    value,
                })
            }
            Value::Array(items) => {
                let index = rng.index(items.len());
                items.get(index).map(|value| Place {
                    pointer: format!("{}/{index}", place.pointer),
                    name: place.name,
                    is_item: true,
                    value,
                })
            }
            _ => None,
        };
        match step {
            None => return (!place.pointer.is_empty()).then_some(place),
            Some(step) if rng.below(3) == 0 => return Some(step),
            Some(step) => place = step,
        }
    }
}

fn remove_random(rng: &mut FaultRng, body: &Value) -> Option<FaultKind> {
    for _ in 0..MAX_DRAWS {
        let place = draw_place(rng, body)?;
        if is_detectable_removal(&place, body) {
            return Some(FaultKind::Remove(place.pointer));
        }
    }
    None
}

/// Whether a client can detect that this value is missing.
fn is_detectable_removal(place: &Place<'_>, body: &Value) -> bool {
    if place.is_metadata() {
        return false; // A page without a link looks like the last page.
    }
    // The length of most lists is not known, so a client cannot detect a missing item. There are three exceptions: a
    // war has two factions, `basic` has the number of members, and a missing personal stat is just an unknown one.
    !place.is_item
        || matches!(place.name, "factions" | "personalstats")
        || (place.name == "members" && is_counted_roster(&place.pointer, body))
}

/// Whether this is the roster of a faction, or a member in it, and the body also has the right number of members.
fn is_counted_roster(pointer: &str, body: &Value) -> bool {
    let length = body["members"].as_array().map(Vec::len);
    pointer.starts_with("/members")
        && length > Some(0)
        && body["basic"]["members"].as_u64() == length.and_then(|length| length.try_into().ok())
}

fn set_random(rng: &mut FaultRng, body: &Value) -> Option<FaultKind> {
    let values = [Value::Null, json!([]), json!({}), json!("x"), json!(-1)];
    for _ in 0..MAX_DRAWS {
        let place = draw_place(rng, body)?;
        let value = rng.pick(&values)?;
        if *place.value != value && is_detectable_value(&place, &value, body) {
            return Some(FaultKind::Patch(place.pointer, value));
        }
    }
    None
}

/// Whether a client can detect that this value is wrong in this place.
fn is_detectable_value(place: &Place<'_>, value: &Value, body: &Value) -> bool {
    match value {
        Value::String(_) => is_wrong_as_text(place),
        Value::Number(_) => {
            // A name may consist of digits, so a number is valid where a text is. Networths and coordinates may be negative.
            let may_be_negative =
                place.pointer.starts_with("/personalstats") || matches!(place.name, "x" | "y");
            is_wrong_as_text(place) && !(may_be_negative && place.value.is_number())
        }
        empty => is_wrong_as_empty(place, empty, body),
    }
}

/// Whether a text is wrong in this place.
fn is_wrong_as_text(place: &Place<'_>) -> bool {
    let may_be_text = place.value.is_null() && OPTIONAL_TEXTS.contains(&place.name);
    !place.value.is_string() && !may_be_text
}

/// Whether a client can detect that null, `[]` or `{}` is wrong in this place. Elsewhere it means that there is no value.
fn is_wrong_as_empty(place: &Place<'_>, empty: &Value, body: &Value) -> bool {
    if place.is_item || place.value.is_null() {
        return true; // A list never has empty items. A value that was null loses nothing.
    }
    if place.is_metadata() || place.pointer.ends_with("/reward/id") {
        return false;
    }
    match place.value {
        Value::Array(_) => match place.name {
            "factions" | "personalstats" => true,
            "members" => is_counted_roster(&place.pointer, body),
            // An empty list looks like the page after the last one.
            "territoryOwnership" | "territoryownership" => !empty.is_array(),
            _ => false,
        },
        _ => place.name != "wars" && !OPTIONAL.contains(&place.name),
    }
}

fn duplicate_random(rng: &mut FaultRng, body: &Value) -> Option<FaultKind> {
    for _ in 0..MAX_DRAWS {
        let place = draw_place(rng, body)?;
        if place.is_item && place.value.is_object() {
            return Some(FaultKind::Duplicate(place.pointer));
        }
    }
    None
}

/// Replaces the answer to one selection by a temporary error.
fn replace_selection_by_error(rng: &mut FaultRng, body: &Value) -> Option<FaultKind> {
    let fields = body.as_object()?.keys();
    let selections: Vec<&String> = fields
        .filter(|name| !matches!(name.as_str(), "_metadata" | "pacts"))
        .collect();
    let selection = rng.pick(&selections)?;
    let code = rng.pick(&TEMPORARY_SELECTION_ERRORS)?;
    let (_, message) = TEMPORARY_ERRORS
        .into_iter()
        .find(|(temporary, _)| *temporary == code)?;
    let error = json!({"code": code, "error": message});
    Some(FaultKind::Patch(format!("/{selection}"), error))
}
