//! The comments in the keys of an existing configuration, when `tornsnap init` replaces or adds a key.

use super::Fresh;

/// The keys of a configuration before and after `init` with these flags.
struct Case {
    name: &'static str,
    before: &'static str,
    flags: &'static [&'static str],
    after: &'static str,
}

const ADD: &[&str] = &["--key-env", "BOB"];
const REPLACE: &[&str] = &["--key-file", "alice.key"];

const CASES: &[Case] = &[
    Case {
        name: "a key is added behind a comment",
        before: "key = [{ name = \"x\", key_env = \"BOB\" }, # bob's\n       { name = \"a\", key_file = \"alice.key\" } # mine\n]\n",
        flags: &["--key-file", "bob.key"],
        after: "key = [{ name = \"x\", key_env = \"BOB\" }, # bob's\n       { name = \"a\", key_file = \"alice.key\" }, # mine\n       { name = \"bob\", key_file = \"bob.key\" }\n]\n",
    },
    Case {
        name: "a key is added behind a comma, a comment and a comment line",
        before: "key = [ # ours\n  # the head\n  { name = \"a\", key_file = \"alice.key\" }, # mine\n  # the end\n]\n",
        flags: ADD,
        after: "key = [ # ours\n  # the head\n  { name = \"a\", key_file = \"alice.key\" }, # mine\n  { name = \"bob\", key_env = \"BOB\" },\n  # the end\n]\n",
    },
    Case {
        name: "a key in one line with others is replaced",
        before: "key = [{ name = \"bob\", key_env = \"BOB\" }, # bob's\n  { name = \"alice\", key_env = \"OLD\" }, # mine\n  # the end\n]\n",
        flags: REPLACE,
        after: "key = [{ name = \"bob\", key_env = \"BOB\" }, # bob's\n  { name = \"alice\", key_file = \"alice.key\" }, # mine\n  # the end\n]\n",
    },
    Case {
        name: "the location is the first field",
        before: "key = [{ key_env = \"OLD\", name = \"alice\" } # mine\n]\n",
        flags: REPLACE,
        after: "key = [{ key_file = \"alice.key\", name = \"alice\" } # mine\n]\n",
    },
    Case {
        name: "a table with comments is replaced",
        before: "# ours\n\n# alice's\n[[key]] # mine\n# where it is\nkey_env = \"OLD\" # was\n# how it is called\nname = \"alice\" # me\n# the end\n",
        flags: REPLACE,
        after: "# ours\n\n# alice's\n[[key]] # mine\n# where it is\nkey_file = \"alice.key\" # was\n# how it is called\nname = \"alice\" # me\n# the end\n",
    },
    Case {
        name: "a table is added behind the comments at the end",
        before: "[[key]]\nname = \"a\"\nkey_file = \"alice.key\"\n# until May\n",
        flags: ADD,
        after: "[[key]]\nname = \"a\"\nkey_file = \"alice.key\"\n# until May\n\n[[key]]\nname = \"bob\"\nkey_env = \"BOB\"\n",
    },
    Case {
        name: "a table is added before the comments of the next one",
        before: "[[key]]\nname = \"a\"\nkey_file = \"alice.key\"\n\n# whom we follow\n[track]\nfactions = [9]\n# the end\n",
        flags: ADD,
        after: "[[key]]\nname = \"a\"\nkey_file = \"alice.key\"\n\n[[key]]\nname = \"bob\"\nkey_env = \"BOB\"\n\n# whom we follow\n[track]\nfactions = [9]\n# the end\n",
    },
];

/// An inline table over several lines, as TOML 1.1 allows.
const SEVERAL_LINES: &str = "key = [{\n  # how it is called\n  name = \"alice\", # me\n  # where it is\n  key_env = \"OLD\", # was\n}]\n";

#[test]
fn the_comments_of_keys_stay_where_they_are() {
    for case in CASES {
        assert_eq!(
            changed(case.before, case.flags),
            case.after,
            "{}",
            case.name
        );
    }
}

#[test]
fn the_comments_in_an_inline_table_over_several_lines_stay() {
    assert_eq!(
        changed(SEVERAL_LINES, REPLACE),
        SEVERAL_LINES.replace("key_env = \"OLD\"", "key_file = \"alice.key\"")
    );
}

fn changed(before: &str, flags: &[&str]) -> String {
    let fresh = Fresh::new();
    fresh.sandbox.write("bob.key", "PublicKeyOfTwo02");
    fresh.sandbox.write("tornsnap.toml", before);

    fresh.init(flags).expect(0);

    fresh.config()
}
