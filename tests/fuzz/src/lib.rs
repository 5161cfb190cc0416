//! The code of the fuzz targets.

use std::cell::RefCell;
use std::path::Path;

use libfuzzer_sys::Corpus;
use serde_json::{Value, json};
use tornsnap::testing::api::{PagedBy, Pages};
use tornsnap::testing::api::Request;
use tornsnap::testing::config::Settings;
use tornsnap::testing::model::{ApiKey, unquoted};
use tornsnap::testing::model::{Month, parse_timestamp, parse_timestamp_or_age};
use tornsnap::testing::model::WarType;
use tornsnap::testing::store::Store;

#[path = "../../suite/wire/readers.rs"]
pub mod readers;

use readers::Book;

/// How many responses one in-memory database stores before a new one replaces it, so that it does not grow without end.
const BODIES: u32 = 500;

thread_local! {
    static BOOK: RefCell<(Option<Book>, u32)> = const { RefCell::new((None, 0)) };
}

/// Decodes one response. Text that is not JSON does not enter the corpus.
pub fn answer(read: fn(&mut Book, &Value), text: &[u8]) -> Corpus {
    let Ok(body) = serde_json::from_slice(text) else {
        return Corpus::Reject;
    };
    BOOK.with_borrow_mut(|(book, uses)| {
        if *uses % BODIES == 0 {
            *book = None;
        }
        *uses += 1;
        let fresh = || Book::new(Store::in_memory().expect("a database fits into memory"));
        read(book.get_or_insert_with(fresh), &body);
    });
    Corpus::Keep
}

/// Follows the pages of a list whose server may answer anything.
///
/// Each line of the text is one response: JSON, or the link to the next page.
pub fn pages(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let answers: Vec<Value> = text
        .lines()
        .map(|line| {
            serde_json::from_str(line).unwrap_or_else(|_| {
                json!({ "rows": [{ "id": line }], "_metadata": { "links": { "next": line, "prev": line } } })
            })
        })
        .collect();
    if answers.is_empty() {
        return;
    }
    for (first, by) in [
        (Request::all_wars(WarType::Ranked), PagedBy::Time),
        (Request::ownership(), PagedBy::Offset { expected: 3 }),
    ] {
        let base = "http://127.0.0.1:9/v2";
        let path = first.path().to_owned();
        let mut pages = Pages::new(base, first, by);
        let mut asked = std::collections::HashSet::new();
        while let Some(request) = pages.next_request() {
            assert_eq!(request.path(), path, "a request for another path");
            assert!(
                request.target.bytes().all(|byte| byte.is_ascii_graphic()),
                "{:?}",
                request.target
            );
            assert!(
                asked.insert(request.page_key()),
                "{} requested twice",
                request.target
            );
            assert!(asked.len() <= 2000, "the list does not end");
            let body = &answers[(asked.len() - 1) % answers.len()];
            pages.record_page(&request, body, "rows");
        }
    }
}

/// Parses a configuration, and the times and months that a person may type.
pub fn config(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    if let Err(error) = Settings::from_text_alone(Path::new("/home/a/tornsnap.toml"), text) {
        let message = error.to_string();
        assert!(
            message.len() <= 4_000 + 8 * text.len(),
            "{} bytes",
            message.len()
        );
    }
    let _moment = parse_timestamp(text);
    if let Ok(moment) = parse_timestamp_or_age(text, readers::AT) {
        let _text = tornsnap::testing::model::iso(moment);
        let _month = Month::of(moment);
    }
    let _month = text.parse::<Month>();
}

/// Reads a key file, and parses its text as a key. An error must not show what could be a key.
pub fn key_file(bytes: &[u8]) {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;

    let path = std::env::temp_dir().join(format!("tornsnap-fuzz-{}.key", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    let mut file = options
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .unwrap();
    file.write_all(bytes).unwrap();
    drop(file);
    let name = path.to_str().unwrap();
    let settings = Settings::from_text_alone(
        Path::new("/tmp/tornsnap.toml"),
        &format!("[[key]]\nname = \"a\"\nkey_file = \"{name}\"\n"),
    )
    .unwrap();
    match settings.load_keys() {
        Ok(loaded) => {
            assert_eq!(loaded.keys.len(), 1);
            assert_eq!(loaded.keys[0].key.expose().len(), 16);
        }
        Err(error) => {
            let message = error.causes().join(" ") + &error.to_string();
            let text = String::from_utf8_lossy(bytes);
            for word in text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
                assert!(word.len() < 16 || !message.contains(word), "{message}");
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _unquoted = unquoted(text);
        if let Ok(key) = ApiKey::new(text) {
            assert!(
                key.expose()
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric())
            );
        }
    }
}
