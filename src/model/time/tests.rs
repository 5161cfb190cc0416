//! Forms of times, months, ages and durations.

use proptest::prelude::*;

use super::*;

/// The first second of the year 0.
const YEAR_0: i64 = -62_167_219_200;

/// The first second of the year 10000.
const YEAR_10000: i64 = 253_402_300_800;

#[test]
fn a_month_ends_where_the_next_begins_also_in_leap_years() {
    let february: Month = "2028-02".parse().unwrap();

    assert_eq!(february.end() - february.start(), 29 * DAY);
    assert_eq!(Month::of(february.end() - 1), Some(february));
    assert_eq!(Month::of(february.end()), Some(february.next()));
    assert_eq!(february.minus(2).to_string(), "2027-12");
}

#[test]
fn a_month_is_four_digits_a_hyphen_and_two_digits() {
    for wrong in [
        "2026",
        "2026-13",
        "2026-00",
        "2026-1",
        "26-01",
        "2026-10-01",
        "x",
        "+026-01",
        "2026-+1",
        " 026-01",
        "2026- 1",
        "２026-01",
    ] {
        assert!(wrong.parse::<Month>().is_err(), "{wrong}");
    }
}

#[test]
fn timestamps_parse_from_unix_seconds_dates_and_rfc_3339() {
    assert_eq!(parse_timestamp("1767225600"), Ok(1_767_225_600));
    assert_eq!(parse_timestamp("2026-01-01"), Ok(1_767_225_600));
    assert_eq!(
        parse_timestamp("2026-01-01T01:00:00+01:00"),
        Ok(1_767_225_600)
    );
    assert!(parse_timestamp("yesterday").is_err());
}

#[test]
fn every_time_format_of_an_export_can_be_parsed() {
    let noon = 1_775_044_800;
    for text in [
        "1775044800",
        "2026-04-01T12:00:00Z",
        "2026-04-01 12:00:00",
        " 2026-04-01 12:00:00Z ",
        "2026-04-01T12:00:00",
        "2026-04-01 12:00",
        "2026-04-01T12:00",
        "2026-04-01 14:00:00+02:00",
    ] {
        assert_eq!(parse_timestamp_or_age(text, 0), Ok(noon), "{text}");
    }
    for (text, timestamp) in [
        ("2026-04", noon - DAY / 2),
        ("today", noon - DAY / 2),
        ("Yesterday", noon - DAY / 2 - DAY),
    ] {
        assert_eq!(parse_timestamp_or_age(text, noon), Ok(timestamp), "{text}");
    }
    for wrong in [
        "2026-04-01 25:00:00",
        "2026-04-31 12:00:00",
        "2026-04-01 12",
        "2026-13",
        "12:00:00",
        "tomorrow",
        "+1775044800",
        "+2026-04-01",
        "2026-4-1",
        "2026 - 04 - 01",
        "+2026-04-01 12:00",
        "2026-04-01  2:00",
        "+3d",
        "３d",
        "-1775044800",
    ] {
        assert!(parse_timestamp_or_age(wrong, noon).is_err(), "{wrong}");
    }
}

#[test]
fn a_number_that_is_hardly_a_unix_time_is_refused_with_what_to_write() {
    for (text, hint) in [
        ("2026", "for the year 2026, write 2026-01"),
        ("202610", "for the month, write 2026-10"),
        ("20261031", "for the day, write 2026-10-31"),
        (
            "1774958400000",
            "it looks like milliseconds: for seconds, write 1774958400",
        ),
        ("-1775044800", "write a date, such as 2026-10-31"),
        ("20261332", "write a date, such as 2026-10-31"),
        ("1072915199", "write a date, such as 2026-10-31"),
        ("4102444800", "write a date, such as 2026-10-31"),
        ("99999999999999999999", "write a date, such as 2026-10-31"),
    ] {
        let why = parse_timestamp_or_age(text, 0).unwrap_err();
        assert_eq!(why.hint, hint);
    }
    for plausible in [0, 1_072_915_200, 1_775_044_800, 4_102_444_799] {
        assert_eq!(
            parse_timestamp_or_age(&plausible.to_string(), 0),
            Ok(plausible)
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_month_is_parsed_from_its_display(unix in YEAR_0..YEAR_10000) {
        let month = Month::of(unix).unwrap();
        prop_assert_eq!(month.to_string().parse(), Ok(month));
    }

    #[test]
    fn an_accepted_month_is_shown_as_it_was_written(
        text in "([0-9]{4}|[+-]?[0-9]{3,5})-(0[1-9]|1[0-2]|[+ ]?[0-9０]{1,2})",
    ) {
        if let Ok(month) = text.parse::<Month>() {
            prop_assert_eq!(month.to_string(), text);
        }
    }

    #[test]
    fn a_timestamp_is_parsed_from_its_iso_format_and_its_number(unix in YEAR_0..YEAR_10000) {
        prop_assert_eq!(parse_timestamp(&iso(unix)), Ok(unix));
        prop_assert_eq!(parse_timestamp(&unix.to_string()), Ok(unix));
    }

    #[test]
    fn a_time_as_a_spreadsheet_shows_it_is_parsed(unix in YEAR_0..YEAR_10000, now: i64) {
        let iso = iso(unix);
        let shown = iso.trim_end_matches('Z').replace('T', " ");
        prop_assert_eq!(parse_timestamp_or_age(&shown, now), Ok(unix));
        let minute = &shown[..16];
        prop_assert_eq!(parse_timestamp_or_age(minute, now), Ok(unix - unix.rem_euclid(MINUTE)));
    }

    #[test]
    fn a_day_and_a_month_mean_their_first_second(unix in YEAR_0..YEAR_10000, now: i64) {
        let iso = iso(unix);
        prop_assert_eq!(parse_timestamp_or_age(&iso[..10], now), Ok(day_start(unix)));
        let month = Month::of(unix).unwrap();
        prop_assert_eq!(parse_timestamp_or_age(&iso[..7], now), Ok(month.start()));
        prop_assert!(month.start() <= unix && unix < month.end());
    }

    #[test]
    fn an_age_is_that_long_ago(count: u32, unit in 0..3_usize, now in YEAR_0..YEAR_10000) {
        let (letter, seconds) = [('h', HOUR), ('d', DAY), ('w', 7 * DAY)][unit];
        let parsed = parse_timestamp_or_age(&format!("{count}{letter}"), now);
        prop_assert_eq!(parsed, Ok(now - i64::from(count) * seconds));
    }

    #[test]
    fn yesterday_is_the_day_before_today(now in YEAR_0..YEAR_10000) {
        let today = parse_timestamp_or_age("today", now).unwrap();
        prop_assert!((0..DAY).contains(&(now - today)) && today % DAY == 0);
        prop_assert_eq!(parse_timestamp_or_age("yesterday", now), Ok(today - DAY));
    }

    #[test]
    fn no_text_and_no_clock_makes_it_panic(
        text in "\\PC{0,12}|[0-9]{1,20}[hdw]?|-?[0-9]{1,25}|today|yesterday|[0-9]{4}-[0-9]{2}(-[0-9]{2})?",
        now: i64,
    ) {
        if let Err(why) = parse_timestamp_or_age(&text, now) {
            let forms = ["2026-10-31", "2026-10,", "2026-10-31 12:00:00", "unix", "today", "yesterday", "30d"];
            let is_number = why.why.contains("as unix seconds it is not");
            let is_zero = why.why.contains("is no time back from now");
            prop_assert!(is_number || is_zero || forms.iter().all(|form| why.hint.contains(form)), "{:?}", why);
        }
    }

    #[test]
    fn an_accepted_time_is_shown_as_it_was_written(
        text in "([0-9]{4}|[+-]?[0-9]{3,5})-(0[1-9]|[+ ]?[0-9])-[0-3][0-9]T([01][0-9]|[+ ]?[0-9]):[0-5][0-9]:[0-5][0-9]Z",
    ) {
        if let Ok(unix) = parse_timestamp(&text) {
            prop_assert_eq!(iso(unix), text);
        }
    }
}

#[test]
fn a_timestamp_more_than_a_day_ahead_is_in_the_far_future() {
    let now = 1_767_225_600;
    let cases = [
        ("the past", now - 1, false),
        ("now", now, false),
        ("a day ahead", now + DAY, false),
        ("a second more", now + DAY + 1, true),
        ("the end of time", i64::MAX, true),
        ("the beginning of time", i64::MIN, false),
    ];
    for (name, timestamp, expected) in cases {
        assert_eq!(is_far_future(timestamp, now), expected, "{name}");
    }
    assert!(!is_far_future(i64::MAX, i64::MAX));
}

#[test]
fn an_age_counts_back_from_now() {
    assert_eq!(
        parse_timestamp_or_age("30d", 1_767_225_600),
        Ok(1_764_633_600)
    );
    assert_eq!(
        parse_timestamp_or_age("12h", 1_767_225_600),
        Ok(1_767_182_400)
    );
    assert_eq!(parse_timestamp_or_age("2026-01-01", 0), Ok(1_767_225_600));
    for wrong in ["-3d", "30", "d", "3x", "1.5d", ""] {
        assert_ne!(parse_timestamp_or_age(wrong, 0), Ok(0), "{wrong}");
    }
    assert!(parse_timestamp_or_age("-3d", 0).is_err());
}

#[test]
fn durations_are_seconds_minutes_or_hours() {
    for (text, seconds, words) in [
        ("0", 0, "0 seconds"),
        ("0s", 0, "0 seconds"),
        ("1s", 1, "1 second"),
        ("90s", 90, "90 seconds"),
        ("10m", 600, "10 minutes"),
        (" 1h ", 3600, "1 hour"),
        ("4294967295h", 15_461_882_262_000, "4294967295 hours"),
    ] {
        let time = parse_duration(text).unwrap();
        assert_eq!(time, Duration::from_secs(seconds), "{text}");
        assert_eq!(format_duration(time), words, "{text}");
    }
    for wrong in [
        "",
        "10",
        "m",
        "-1m",
        "+1m",
        "1.5h",
        "10 m",
        "10M",
        "99999999999s",
        "１m",
        "ever",
    ] {
        assert!(parse_duration(wrong).is_err(), "{wrong}");
    }
}
