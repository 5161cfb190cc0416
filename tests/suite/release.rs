//! The files of a release: what `scripts/release` packs, what `cargo package` packs, and the profile that both rely on. They are
//! made on Linux.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cli::visible_commands;
use crate::support::programs::write_script;
use crate::support::{Finished, Sandbox, files_with_extension};

#[test]
fn an_archive_holds_the_program_its_pages_its_completions_and_all_licences() {
    let Some(release) = Release::pack() else {
        return;
    };
    let files = release.archived();

    for command in visible_commands(&release.sandbox) {
        let page = format!("man/tornsnap-{command}.1");
        assert!(command == "help" || files.contains(&page), "{page}");
    }
    for page in files_with_extension(&root().join("src/docs"), "md") {
        let name = page.file_name().unwrap().to_str().unwrap();
        assert_eq!(files.contains(&format!("docs/{name}")), name != "links.md");
    }
    for name in ["bash", "elv", "fish", "ps1"] {
        assert!(files.contains(&format!("completions/tornsnap.{name}")));
    }
    for name in [
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "completions/_tornsnap",
        "man/tornsnap.1",
    ] {
        assert!(files.contains(name), "{name}");
    }
    let licences = release.read("THIRD-PARTY-LICENCES.txt");
    for library in dependencies() {
        assert!(licences.contains(&format!("\n- {library} ")), "{library}");
    }
    assert!(!licences.contains("\n- proptest "), "only tests need it");
    assert!(licences.contains("SQLite is in the public domain"));
}

#[test]
fn the_program_runs_from_the_archive_and_the_checksums_are_right() {
    let Some(release) = Release::pack() else {
        return;
    };

    let version = Command::new(release.unpacked().join("tornsnap"))
        .arg("--version")
        .output()
        .unwrap();
    let checked = Command::new("sha256sum")
        .args(["--check", "--strict", "SHA256SUMS"])
        .current_dir(release.folder())
        .output()
        .unwrap();

    let expected = concat!("tornsnap ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(Finished(version).expect(0).stdout(), expected);
    let checked = Finished(checked).expect(0).stdout();
    assert!(checked.contains(".tar.gz: OK"), "{checked}");
}

#[test]
fn the_links_of_archived_pages_lead_to_files_of_the_archive() {
    let Some(release) = Release::pack() else {
        return;
    };
    let readme = release.read("README.md");
    let mut seen = 0;

    for target in readme.split("](").skip(1) {
        let target = target.split([')', '#']).next().unwrap();
        if !target.is_empty() && !target.starts_with("https://") {
            assert!(release.unpacked().join(target).exists(), "{target}");
            seen += 1;
        }
    }

    assert!(seen > 15, "only {seen} links were found");
}

#[test]
fn a_folder_with_other_files_is_not_emptied() {
    if !has_python() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.write("upload/tornsnap-0.0.9.tar.gz", "an earlier release");
    sandbox.write("upload/holiday.jpg", "mine");

    let finished = script(&sandbox).output().unwrap();

    let message = Finished(finished).expect(1).stderr();
    assert!(message.contains("holiday.jpg is not of a release"));
    assert!(sandbox.path("upload/holiday.jpg").exists());
    assert!(sandbox.path("upload/tornsnap-0.0.9.tar.gz").exists());
}

#[test]
fn the_package_for_the_registry_holds_what_a_build_reads_and_no_more() {
    let listed = Command::new(env!("CARGO"))
        .args([
            "package",
            "--list",
            "--allow-dirty",
            "--locked",
            "--offline",
            "--quiet",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let listed = Finished(listed).expect(0).stdout();
    let listed: BTreeSet<&str> = listed.lines().collect();

    for (folder, extension) in [("src", "rs"), ("src", "md"), ("sql", "sql")] {
        for file in all_files(&root().join(folder), extension) {
            let name = file.strip_prefix(root()).unwrap();
            let name = name.to_str().unwrap().replace('\\', "/");
            assert!(listed.contains(name.as_str()), "{name}");
        }
    }
    for name in ["Cargo.lock", "Cargo.toml", "LICENSE", "README.md"] {
        assert!(listed.contains(name), "{name}");
    }
    let fixtures = fixtures_of_unit_tests();
    for name in &fixtures {
        assert!(listed.contains(name.as_str()), "{name}");
    }
    for name in &listed {
        let first = name.split('/').next().unwrap();
        let is_outside = ["tests", "scripts", ".ci", "target"].contains(&first);
        assert!(!is_outside || fixtures.contains(*name), "{name}");
    }
}

/// The address of the repository is not known yet. Nobody may take a made-up address for the real one.
#[test]
fn made_up_fields_of_the_manifest_are_marked() {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let (before, _) = text.split_once("OWNER").unwrap_or((&text, ""));

    assert!(
        !text.contains("OWNER") || before.contains("# PLACEHOLDER: "),
        "a comment with PLACEHOLDER has to stand above the fields"
    );
    for field in ["documentation", "homepage", "repository"] {
        assert!(manifest()["package"][field].is_str(), "{field}");
    }
}

/// The export of workbooks catches panics of a library, and threads hand theirs to the thread that waits for them.
#[test]
fn panics_unwind_in_every_profile() {
    for (name, profile) in manifest()["profile"].as_table().unwrap() {
        assert!(profile.get("panic").is_none(), "{name}");
    }
    let dist = &manifest()["profile"]["dist"];
    assert_eq!(dist["inherits"].as_str(), Some("release"));
}

/// A release that was packed from the program of this test run.
struct Release {
    sandbox: Sandbox,
}

impl Release {
    /// None where Python is missing.
    fn pack() -> Option<Self> {
        if !has_python() {
            return None;
        }
        let sandbox = Sandbox::new();
        let packed = script(&sandbox).output().unwrap();
        let stdout = Finished(packed).expect(0).stdout();
        assert!(stdout.contains("upload to the release"), "{stdout}");
        let release = Self { sandbox };
        let archive = files_with_extension(&release.folder(), "gz").remove(0);
        let unpacked = Command::new("tar")
            .arg("xzf")
            .arg(&archive)
            .current_dir(release.folder())
            .output()
            .unwrap();
        Finished(unpacked).expect(0);
        Some(release)
    }

    fn folder(&self) -> PathBuf {
        self.sandbox.path("upload")
    }

    /// The one folder that was in the archive.
    fn unpacked(&self) -> PathBuf {
        let mut folders = fs::read_dir(self.folder())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        folders.find(|path| path.is_dir()).unwrap()
    }

    fn archived(&self) -> BTreeSet<String> {
        let unpacked = self.unpacked();
        let files = all_files(&unpacked, "");
        let names = files
            .iter()
            .map(|file| file.strip_prefix(&unpacked).unwrap());
        names
            .map(|name| name.to_str().unwrap().to_owned())
            .collect()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.unpacked().join(name)).unwrap()
    }
}

/// The script, which packs a small program that starts the one under test: compressing that one takes too long.
fn script(sandbox: &Sandbox) -> Command {
    let program = sandbox.path("tornsnap");
    write_script(
        &program,
        &format!("exec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_tornsnap")),
    );
    let mut command = Command::new(root().join("scripts/release"));
    command
        .arg("--program")
        .arg(program)
        .arg("--output")
        .arg(sandbox.path("upload"))
        .env("SOURCE_DATE_EPOCH", "1780000000")
        .env("CARGO_NET_OFFLINE", "true");
    command
}

fn has_python() -> bool {
    let version = Command::new("python3")
        .args(["-c", "import typing; typing.Self"])
        .output();
    let is_there = version.is_ok_and(|output| output.status.success());
    if !is_there {
        crate::support::skipped("Python 3.11 is missing");
    }
    is_there
}

/// The libraries that are linked on every system, by their names in Cargo.toml.
fn dependencies() -> Vec<String> {
    let manifest = manifest();
    let table = manifest["dependencies"].as_table().unwrap();
    assert!(table.len() > 20);
    table.keys().cloned().collect()
}

/// The files below `tests` that the sources include, without which `cargo test --lib` does not compile.
fn fixtures_of_unit_tests() -> BTreeSet<String> {
    let mut fixtures = BTreeSet::new();
    for file in all_files(&root().join("src"), "rs") {
        let text = fs::read_to_string(file).unwrap();
        let rest = text.split("\"/tests/").skip(1);
        fixtures.extend(rest.map(|rest| format!("tests/{}", rest.split('"').next().unwrap())));
    }
    assert!(!fixtures.is_empty(), "none was found");
    fixtures
}

fn manifest() -> toml::Table {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    text.parse().unwrap()
}

/// The files below a folder with this extension, or all if it is empty.
fn all_files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(all_files(&path, extension));
        } else if extension.is_empty() || path.extension().is_some_and(|own| own == extension) {
            files.push(path);
        }
    }
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
