//! Answers spoilt at random, the same ones each time for one seed.
//!
//! A spoilt answer says nothing that a client could take for true: each rule below that excludes a change excludes
//! one that would still read as a good answer with other facts in it.

use std::time::Duration;

use serde_json::{Value, json};

use super::chance::{Chance, Topic};
use super::fault::FaultKind;

/// How often answers are spoilt. `/key/info` is always answered well.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Chaos {
    /// The seed from which the spoilt answers and their faults are drawn.
    pub seed: u64,
    /// How many of 1,000 answers are spoilt.
    pub per_mille: u32,
}

/// An answer that was spoilt at random.
#[derive(Clone, Debug, PartialEq)]
pub struct Spoilt {
    /// The number of the request; the first is 1, and those for `/key/info` are not counted.
    pub number: i64,
    /// The path of the request, without `/v2` and the query.
    pub path: String,
    /// The query as it was sent.
    pub query: String,
    /// The change that was made to the answer.
    pub fault: FaultKind,
}

/// The error codes that pass by themselves.
const PASSING: [(i64, &str); 7] = [
    (0, "Unknown error"),
    (5, "Too many requests"),
    (12, "Key read error"),
    (15, "Temporary error"),
    (17, "Backend error occurred, please try again"),
    (24, "Closed temporarily"),
    (31, "City stats cron failed"),
];
/// The codes among them that can concern one selection only.
const PASSING_INSIDE: [i64; 4] = [0, 12, 15, 17];
const PAGE: &str =
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>";
/// How often a place is drawn before the answer gets an error code instead.
const TRIES: u32 = 40;

/// Optional values: null, and an empty list or object as PHP writes it, would say that there is none.
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
/// Optional texts, where any text and any number would be one.
const OPTIONAL_TEXTS: [&str; 6] = [
    "details",
    "donator_status",
    "image",
    "is_enlisted",
    "result",
    "spouse",
];

impl Chaos {
    /// Whether the answer to this request is spoilt.
    pub(in crate::sim) fn strikes(self, number: i64) -> bool {
        let per_mille = i64::from(self.per_mille);
        Chance::new(self.seed).roll(Topic::Fault, number, 0, 1_000) < per_mille
    }

    /// How the answer to this request is spoilt, which would have this body.
    pub(in crate::sim) fn fault(self, number: i64, body: &Value) -> FaultKind {
        let mut dice = Dice {
            chance: Chance::new(self.seed),
            number,
            rolls: 0,
        };
        let is_refusal = body.get("error").is_some();
        let fault = match dice.roll(14) {
            0 => None,
            1 => Some(too_many(&mut dice)),
            2 => Some(server_error(&mut dice)),
            3 => Some(page(200, PAGE)),
            4 => Some(FaultKind::Cut),
            5 => Some(FaultKind::Reset),
            6 => {
                let time = 5 + dice.roll(25).unsigned_abs();
                Some(FaultKind::Hang(Duration::from_millis(time)))
            }
            7 => Some(FaultKind::Broken),
            8 => Some(FaultKind::Empty),
            _ if is_refusal => None,
            9 | 10 => remove_somewhere(&mut dice, body),
            11 => set_somewhere(&mut dice, body),
            12 => duplicate_somewhere(&mut dice, body),
            _ => refuse_a_selection(&mut dice, body),
        };
        fault.unwrap_or_else(|| {
            let (code, words) = dice.pick(&PASSING).unwrap_or((17, "Backend error"));
            FaultKind::Code(code, words.to_owned())
        })
    }
}

/// The draws for one request.
struct Dice {
    chance: Chance,
    number: i64,
    rolls: i64,
}

impl Dice {
    /// A number from 0 to `sides` - 1.
    fn roll(&mut self, sides: i64) -> i64 {
        self.rolls += 1;
        self.chance
            .roll(Topic::Fault, self.number, self.rolls, sides)
    }

    fn index(&mut self, length: usize) -> usize {
        let sides = i64::try_from(length).unwrap_or(i64::MAX);
        usize::try_from(self.roll(sides)).unwrap_or(0)
    }

    fn pick<T: Clone>(&mut self, list: &[T]) -> Option<T> {
        let index = self.index(list.len());
        list.get(index).cloned()
    }
}

fn page(status: u16, body: &str) -> FaultKind {
    FaultKind::Status(
        status,
        body.to_owned(),
        "text/html; charset=UTF-8".to_owned(),
        Vec::new(),
    )
}

fn too_many(dice: &mut Dice) -> FaultKind {
    let seconds = dice.roll(3);
    let headers = (seconds < 2).then(|| ("Retry-After".to_owned(), seconds.to_string()));
    FaultKind::Status(
        429,
        "Too Many Requests".to_owned(),
        "text/plain".to_owned(),
        headers.into_iter().collect(),
    )
}

fn server_error(dice: &mut Dice) -> FaultKind {
    let status = dice.pick(&[500, 502, 503, 520]).unwrap_or(500);
    page(status, PAGE)
}

/// A place in a body.
struct Place<'a> {
    pointer: String,
    /// The name of the field; of an item, the name of the list.
    name: &'a str,
    is_item: bool,
    value: &'a Value,
}

impl Place<'_> {
    fn is_metadata(&self) -> bool {
        self.pointer.starts_with("/_metadata")
    }
}

/// A place drawn at random, at any depth.
fn draw_place<'a>(dice: &mut Dice, body: &'a Value) -> Option<Place<'a>> {
    let mut place = Place {
        pointer: String::new(),
        name: "",
        is_item: false,
        value: body,
    };
    loop {
        let step = match place.value {
            Value::Object(fields) => {
                let index = dice.index(fields.len());
                fields.iter().nth(index).map(|(name, value)| Place {
                    pointer: format!("{}/{name}", place.pointer),
                    name: name.as_str(),
                    is_item: false,
                    value,
                })
            }
            Value::Array(items) => {
                let index = dice.index(items.len());
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
            Some(step) if dice.roll(3) == 0 => return Some(step),
            Some(step) => place = step,
        }
    }
}

fn remove_somewhere(dice: &mut Dice, body: &Value) -> Option<FaultKind> {
    for _ in 0..TRIES {
        let place = draw_place(dice, body)?;
        if may_go(&place, body) {
            return Some(FaultKind::Remove(place.pointer));
        }
    }
    None
}

/// Whether a client can see that this is missing.
fn may_go(place: &Place<'_>, body: &Value) -> bool {
    if place.is_metadata() {
        return false; // A page without a link could be the last one.
    }
    // Of most lists, nobody says how many items they have. A war has two sides, a roster has the count beside it,
    // and a figure that is not there is one that is not known.
    !place.is_item
        || matches!(place.name, "factions" | "personalstats")
        || (place.name == "members" && is_counted_roster(&place.pointer, body))
}

/// Whether this is the roster of a faction, or a line of it, in a body that also says how many members there are.
fn is_counted_roster(pointer: &str, body: &Value) -> bool {
    let length = body["members"].as_array().map(Vec::len);
    pointer.starts_with("/members")
        && length > Some(0)
        && body["basic"]["members"].as_u64() == length.and_then(|length| length.try_into().ok())
}

fn set_somewhere(dice: &mut Dice, body: &Value) -> Option<FaultKind> {
    let values = [Value::Null, json!([]), json!({}), json!("x"), json!(-1)];
    for _ in 0..TRIES {
        let place = draw_place(dice, body)?;
        let value = dice.pick(&values)?;
        if *place.value != value && is_unfit(&place, &value, body) {
            return Some(FaultKind::Patch(place.pointer, value));
        }
    }
    None
}

/// Whether a client can see that this value is not right in this place, or that it says nothing.
fn is_unfit(place: &Place<'_>, value: &Value, body: &Value) -> bool {
    match value {
        Value::String(_) => says_no_text(place),
        Value::Number(_) => {
            // A name may consist of digits, a debtor's networth is negative, and so are coordinates.
            let may_be_negative =
                place.pointer.starts_with("/personalstats") || matches!(place.name, "x" | "y");
            says_no_text(place) && !(may_be_negative && place.value.is_number())
        }
        nothing => says_not_none(place, nothing, body),
    }
}

/// Whether a text would be unfit in this place.
fn says_no_text(place: &Place<'_>) -> bool {
    let may_be_text = place.value.is_null() && OPTIONAL_TEXTS.contains(&place.name);
    !place.value.is_string() && !may_be_text
}

/// Whether null, `[]` or `{}` in this place would be unfit, and not mean that there is nothing of the kind.
fn says_not_none(place: &Place<'_>, nothing: &Value, body: &Value) -> bool {
    if place.is_item || place.value.is_null() {
        return true; // Nobody lists what is not there, and where there is nothing already, it stays true.
    }
    if place.is_metadata() || place.pointer.ends_with("/reward/id") {
        return false;
    }
    match place.value {
        Value::Array(_) => match place.name {
            "factions" | "personalstats" => true,
            "members" => is_counted_roster(&place.pointer, body),
            // An empty list is what comes after the last page.
            "territoryOwnership" | "territoryownership" => !nothing.is_array(),
            _ => false,
        },
        _ => place.name != "wars" && !OPTIONAL.contains(&place.name),
    }
}

fn duplicate_somewhere(dice: &mut Dice, body: &Value) -> Option<FaultKind> {
    for _ in 0..TRIES {
        let place = draw_place(dice, body)?;
        if place.is_item && place.value.is_object() {
            return Some(FaultKind::Duplicate(place.pointer));
        }
    }
    None
}

/// Puts an error that passes where the answer of one selection is.
fn refuse_a_selection(dice: &mut Dice, body: &Value) -> Option<FaultKind> {
    let fields = body.as_object()?.keys();
    let selections: Vec<&String> = fields
        .filter(|name| !matches!(name.as_str(), "_metadata" | "pacts"))
        .collect();
    let selection = dice.pick(&selections)?;
    let code = dice.pick(&PASSING_INSIDE)?;
    let (_, words) = PASSING.into_iter().find(|(passing, _)| *passing == code)?;
    let refusal = json!({"code": code, "error": words});
    Some(FaultKind::Patch(format!("/{selection}"), refusal))
}
