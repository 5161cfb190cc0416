//! `export --format xlsx`, read back with another library.

use std::fs::{self, File};
use std::io::{Cursor, Read};
use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook, open_workbook_from_rs};

#[cfg(unix)]
use crate::export::long;
use crate::export::{database, datasets, export, files, hard};
#[cfg(target_os = "linux")]
use crate::support::pty;
use crate::support::{Sandbox, heavy, skipped};

/// The cells of a sheet, with its header.
fn sheet(path: &Path, name: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let range = book.worksheet_range(name).unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

/// The text of a file in the workbook.
pub(super) fn part(path: &Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    let mut part = archive.by_name(name).unwrap();
    part.read_to_string(&mut text).unwrap();
    text
}

/// A time as calamine reads it, to the second.
fn date(cell: &Data) -> String {
    let Data::DateTime(date) = cell else {
        panic!("{cell:?} is no date");
    };
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

#[test]
fn numbers_dates_and_texts_are_typed() {
    let sandbox = hard();
    export(&sandbox, &["player_stats_history", "-o", "h.xlsx"]).expect(0);
    export(&sandbox, &["players", "-o", "p.xlsx"]).expect(0);
    export(&sandbox, &["territories", "-o", "t.xlsx"]).expect(0);

    let history = sheet(&sandbox.path("h.xlsx"), "player_stats_history");
    let column = |name: &str| {
        let header = &history[0];
        header
            .iter()
            .position(|cell| *cell == Data::String(name.to_owned()))
            .unwrap()
    };
    // In the order of the export: the rows 2, 3, 1, 4.
    assert_eq!(history.len(), 5);
    assert_eq!(history[1][column("id")], Data::Float(2.0));
    assert_eq!(
        date(&history[1][column("timestamp")]),
        "2026-03-31 00:00:00"
    );
    assert_eq!(history[1][column("networth")], Data::Float(0.0));
    assert_eq!(history[2][column("networth")], Data::Empty);
    // Beyond 2^53 a number of Excel is not exact.
    for (row, name, text) in [
        (3, "strength", "9007199254740993"),
        (3, "networth", "-9007199254740993"),
        (4, "strength", "9223372036854775807"),
        (4, "networth", "-9223372036854775808"),
    ] {
        assert_eq!(history[row][column(name)], Data::String(text.to_owned()));
    }
    assert_eq!(
        history[4][column("data_source")],
        Data::String("+1".to_owned())
    );
    let players = sheet(&sandbox.path("p.xlsx"), "players");
    assert_eq!(players[1][1], Data::String("Ünï 🐈".to_owned()));
    assert_eq!(players[1][6], Data::String("line\nbreak".to_owned()));
    assert_eq!(players[2][1], Data::String("-1+1".to_owned()));
    assert_eq!(players[2][3], Data::String("NULL".to_owned()));
    let territories = sheet(&sandbox.path("t.xlsx"), "territories");
    assert!(
        territories[1].contains(&Data::Float(0.1)),
        "{territories:?}"
    );
    assert!(
        territories[1].contains(&Data::Float(-1e300)),
        "{territories:?}"
    );
}

#[test]
fn a_sheet_is_ready_to_be_read_and_filtered() {
    let sandbox = hard();
    export(&sandbox, &["player_stats_history", "-o", "h.xlsx"]).expect(0);

    let sheet = part(&sandbox.path("h.xlsx"), "xl/worksheets/sheet1.xml");
    let styles = part(&sandbox.path("h.xlsx"), "xl/styles.xml");

    let columns =
        sandbox.value::<i64>("SELECT count(*) FROM pragma_table_info('player_stats_history')");
    let last = char::from(b'A' + u8::try_from(columns).unwrap() - 1);
    assert!(sheet.contains(
        "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>"
    ));
    assert!(
        sheet.contains(&format!("<autoFilter ref=\"A1:{last}5\"/>")),
        "{sheet}"
    );
    assert!(sheet.contains("customWidth=\"1\""));
    assert!(styles.contains("yyyy-mm-dd hh:mm:ss"));
    // An id has the number format 0, with which Excel shows all its digits.
    assert!(
        sheet.contains("<c r=\"B2\" s=\"1\"><v>2</v></c>"),
        "{sheet}"
    );
    assert!(styles.contains("<numFmt numFmtId=\"164\" formatCode=\"0\"/>"));
    assert!(styles.contains("<xf numFmtId=\"164\" "));
    assert!(styles.contains("quotePrefix=\"1\""));
    assert!(!sheet.contains("<f>"), "there is no formula");
}

#[test]
fn characters_that_xml_cannot_hold_and_long_texts_do_not_damage_the_file() {
    let long_text = "é".repeat(40_000);
    let sandbox = database(&format!(
        "CREATE TABLE mine (x);
         INSERT INTO mine VALUES (char(1) || 'a' || char(0) || char(27)), ('_x0041_'), (char(65534) || '<&>\"'), ('  blanks  '),
             (char(13) || char(10)), ('=1+1'), (''), (NULL), (CAST(x'ff41' AS TEXT)), ('{long_text}'), ('@x'), (x'00ff'), (1e999);"
    ));

    let finished = export(&sandbox, &["mine", "-o", "m.xlsx"]).expect(0);

    let cells: Vec<Data> = sheet(&sandbox.path("m.xlsx"), "mine")
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    let text = |text: &str| Data::String(text.to_owned());
    let xml = part(&sandbox.path("m.xlsx"), "xl/worksheets/sheet1.xml");
    // The escapes of ECMA-376, part 1, 22.9.2.19. Not every reader undoes them.
    assert!(xml.contains("_x0001_a_x0000__x001B_"), "{xml}");
    assert!(xml.contains("_x005F_x0041_"));
    assert!(!xml.chars().any(|c| c < ' ' && c != '\n'));
    assert_eq!(cells[4], text("  blanks  "));
    assert_eq!(cells[6], text("=1+1"));
    assert_eq!(cells[7], Data::Empty);
    assert_eq!(cells[8], Data::Empty);
    assert_eq!(cells[9], text("\u{FFFD}A"));
    let Data::String(cut) = &cells[10] else {
        panic!("{:?}", cells[10])
    };
    assert_eq!(cut.encode_utf16().count(), 32_767);
    assert!(cut.ends_with("é [cut]"));
    assert_eq!(cells[11], text("@x"));
    assert_eq!(cells[12], text("00ff"));
    assert_eq!(cells[13], text("inf"));
    assert!(
        finished
            .stderr()
            .contains("cut a text of mine longer than 32767 characters"),
        "{}",
        finished.stderr()
    );
}

/// Dates that Excel does not have become text or stay numbers.
#[test]
fn times_are_as_time_says() {
    let sandbox = database(
        "CREATE TABLE mine (at INTEGER);
         INSERT INTO mine VALUES (-62135596800), (-2203891200), (0), (1792756799), (253402300799), (253402300800);",
    );
    let read = |time: &[&str]| -> Vec<Data> {
        export(&sandbox, &[&["mine", "-o", "m.xlsx"], time].concat()).expect(0);
        let rows = sheet(&sandbox.path("m.xlsx"), "mine");
        rows.into_iter().skip(1).map(|row| row[0].clone()).collect()
    };

    let dates = read(&[]);
    let iso = read(&["--time", "iso"]);
    let unix = read(&["--time", "unix"]);

    assert_eq!(dates[0], Data::String("0001-01-01 00:00:00".to_owned()));
    assert_eq!(date(&dates[1]), "1900-03-01 00:00:00");
    assert_eq!(date(&dates[2]), "1970-01-01 00:00:00");
    assert_eq!(date(&dates[3]), "2026-10-23 11:59:59");
    assert_eq!(date(&dates[4]), "9999-12-31 23:59:59");
    assert_eq!(dates[5], Data::String("253402300800".to_owned()));
    assert_eq!(iso[3], Data::String("2026-10-23T11:59:59Z".to_owned()));
    assert_eq!(unix[3], Data::Float(1_792_756_799.0));
}

#[test]
fn all_datasets_become_workbooks_and_the_same_rows_the_same_bytes() {
    let sandbox = hard();

    for folder in ["a", "b"] {
        export(&sandbox, &["--all", "-o", folder, "--format", "xlsx"]).expect(0);
        std::thread::sleep(std::time::Duration::from_millis(1100));
    }

    let names = files(&sandbox.path("a"));
    assert_eq!(names.len(), datasets(&sandbox).len());
    for name in &names {
        let [one, other] =
            ["a", "b"].map(|folder| fs::read(sandbox.path(folder).join(name)).unwrap());
        assert_eq!(one, other, "{name}");
        let dataset = name.strip_suffix(".xlsx").unwrap();
        let rows = sandbox.value::<i64>(&format!(
            "SELECT count(*) FROM \"{}\"",
            dataset.replace('"', "\"\"")
        ));
        let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(one)).unwrap();
        let sheets = book.sheet_names();
        assert_eq!(sheets.len(), 1);
        let read = book.worksheet_range(&sheets[0]).unwrap();
        // A row of a NULL alone is empty.
        let height = i64::try_from(read.height()).unwrap();
        assert!((height - 1 - rows).abs() <= 1, "{name}: {rows}");
    }
}

#[test]
fn names_that_excel_refuses_for_a_sheet_are_changed() {
    let sandbox = database(
        "CREATE TABLE \"a[b]:*?/\\'c\" (x); CREATE TABLE History (x);
         CREATE TABLE \"a table with a name that is longer than a sheet may have\" (x);",
    );

    for (table, name) in [
        ("a[b]:*?/\\'c", "a_b_______c"),
        ("History", "History_"),
        (
            "a table with a name that is longer than a sheet may have",
            "a table with a name that is lon",
        ),
    ] {
        export(&sandbox, &[table, "-o", "t.xlsx"]).expect(0);
        let book: Xlsx<_> = open_workbook(sandbox.path("t.xlsx")).unwrap();
        assert_eq!(book.sheet_names(), [name]);
    }
}

#[cfg(unix)]
#[test]
fn a_workbook_can_be_piped_and_not_be_printed() {
    use crate::export::streams::shell;

    let sandbox = hard();
    export(&sandbox, &["players", "-o", "p.xlsx"]).expect(0);
    sandbox.make_fifo("fifo");

    shell(
        &sandbox,
        "\"$TORNSNAP\" export players --format xlsx | cat > piped.xlsx",
    )
    .expect(0);
    shell(
        &sandbox,
        "cat fifo > fifo.xlsx & \"$TORNSNAP\" export players -f xlsx -o fifo; wait",
    )
    .expect(0);
    let closed = shell(
        &sandbox,
        "exec bash -c '\"$TORNSNAP\" -q export player_stats_history -f xlsx | true; exit ${PIPESTATUS[0]}'",
    )
    .expect(0);
    let (code, text) = pty::run(
        &sandbox.command(&["export", "players", "--format", "xlsx"]),
        80,
    );

    assert_eq!(closed.stderr(), "");
    for piped in ["piped.xlsx", "fifo.xlsx"] {
        assert_eq!(
            fs::read(sandbox.path(piped)).unwrap(),
            fs::read(sandbox.path("p.xlsx")).unwrap()
        );
    }
    assert_eq!(code, 2, "{text}");
    assert!(
        text.contains("could not write a workbook to a terminal"),
        "{text}"
    );
    assert!(!text.contains("PK"));
}

/// `rust_xlsxwriter` panics where its temporary file is too large or the disk is full.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_leaves_no_file() {
    use crate::export::streams::shell;

    let sandbox = long(20_000);
    fs::create_dir(sandbox.path("d")).unwrap();
    fs::create_dir(sandbox.path("t")).unwrap();

    let to_file = shell(
        &sandbox,
        "ulimit -f 1000; \"$TORNSNAP\" export player_stats_history -o d/h.xlsx",
    )
    .expect(74);
    let to_pipe = shell(
        &sandbox,
        "ulimit -f 1000; TMPDIR=t \"$TORNSNAP\" export player_stats_history -f xlsx | cat; exec bash -c 'exit 0'",
    );
    let device = export(
        &sandbox,
        &["player_stats_history", "-f", "xlsx", "-o", "/dev/full"],
    )
    .expect(74);
    let no_folder = shell(
        &sandbox,
        "TMPDIR=missing \"$TORNSNAP\" export player_stats_history -f xlsx > x; exit $?",
    );

    assert_eq!(
        to_file.stderr(),
        "tornsnap: could not write d/h.xlsx\n  because: its temporary file: File too large\n  \
         try: raise the limit that `ulimit -f` shows, or use a disk that can hold larger files, then run it again, or name \
         another place with --output\n"
    );
    assert!(
        to_pipe
            .stderr()
            .contains("its temporary file: File too large"),
        "{}",
        to_pipe.stderr()
    );
    assert!(!to_pipe.stderr().contains("panicked"));
    let remedy = "try: free space in t, or set TMPDIR to a folder with more space";
    assert!(to_pipe.stderr().contains(remedy), "{}", to_pipe.stderr());
    assert!(
        device.stderr().contains("No space left on device"),
        "{}",
        device.stderr()
    );
    assert!(
        no_folder
            .stderr()
            .contains("the folder for temporary files is missing (TMPDIR): it is not there"),
        "{}",
        no_folder.stderr()
    );
    assert_eq!(files(&sandbox.path("d")).len(), 0);
    assert_eq!(files(&sandbox.path("t")).len(), 0);
}

#[cfg(unix)]
#[test]
fn an_interrupted_workbook_leaves_no_file() {
    let sandbox = long(150_000);
    fs::create_dir(sandbox.path("d")).unwrap();
    let child = sandbox
        .command(&["export", "player_stats_history", "-o", "d/h.xlsx"])
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    crate::support::signal(&child, "INT");

    let finished = crate::support::Finished(child.wait_with_output().unwrap()).expect(130);

    assert!(
        finished.stderr().contains("nothing was left behind"),
        "{}",
        finished.stderr()
    );
    assert_eq!(files(&sandbox.path("d")).len(), 0);
}

/// More rows than a sheet holds: the others are in further sheets. It needs a minute.
#[test]
fn rows_beyond_the_limit_of_a_sheet_are_in_further_sheets() {
    if heavy(1, 0) == 0 {
        return skipped("TORNSNAP_HEAVY is not set");
    }
    let sandbox = database(
        "CREATE TABLE mine (n INTEGER);
         WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < 1048580)
         INSERT INTO mine SELECT n FROM number;",
    );

    export(&sandbox, &["mine", "-o", "m.xlsx"]).expect(0);

    let first = sheet(&sandbox.path("m.xlsx"), "mine");
    let second = sheet(&sandbox.path("m.xlsx"), "mine 2");
    assert_eq!(first.len(), 1_048_576);
    assert_eq!(first[1_048_575][0], Data::Float(1_048_575.0));
    assert_eq!(second.len(), 6);
    assert_eq!(second[0][0], Data::String("n".to_owned()));
    assert_eq!(second[5][0], Data::Float(1_048_580.0));
}

/// LibreOffice opens the workbook and writes it as CSV: the values, dates and texts are as they were.
#[test]
fn libreoffice_reads_the_workbook_as_it_was_written() {
    if heavy(1, 0) == 0 {
        return skipped("TORNSNAP_HEAVY is not set");
    }
    let sandbox = hard();
    for dataset in [
        "players",
        "player_stats_history",
        "war_latest",
        "faction_gains",
        "territories",
    ] {
        export(&sandbox, &[dataset, "-o", &format!("{dataset}.xlsx")]).expect(0);
        // 44: comma, 34: quote, 76: UTF-8, then `true` for cells as they are shown.
        let Some(converted) = libreoffice(&sandbox, dataset) else {
            return skipped("there is no LibreOffice (apt-get install libreoffice-calc)");
        };

        let expected = export(&sandbox, &["-q", dataset, "--spreadsheet"])
            .expect(0)
            .stdout();
        let plain = |text: &str| {
            // --spreadsheet has a byte order mark, and a quote before what looks like a formula.
            let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n");
            let text = text
                .replace(",'", ",")
                .replace("\"'", "\"")
                .replace("\"\",", ",")
                .replace(",\"\"\n", ",\n");
            text.replace("-1e300", "-1E+300").replace('\r', "")
        };
        assert_eq!(plain(&converted), plain(&expected), "{dataset}");
    }
}

/// The workbook as CSV, or `None` without LibreOffice.
fn libreoffice(sandbox: &Sandbox, dataset: &str) -> Option<String> {
    let profile = format!(
        "-env:UserInstallation=file://{}",
        sandbox.path("profile").display()
    );
    std::process::Command::new("soffice")
        .args([&*profile, "--headless", "--convert-to"])
        .arg("csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false")
        .arg(format!("{dataset}.xlsx"))
        .current_dir(sandbox.path(""))
        .output()
        .ok()?;
    Some(fs::read_to_string(sandbox.path(&format!("{dataset}.csv"))).unwrap())
}
