//! Files that are not TOML: the line and the mistake, in plain words.

use super::check::findings;
use crate::support::Sandbox;

/// A file that is not TOML, and what is said about it.
struct NotToml {
    text: &'static str,
    why: &'static str,
}

const NOT_TOML: &[NotToml] = &[
    NotToml {
        text: "[track]\nfactions == [9001]\n",
        why: "line 2: there is an = too many; write `name = value`",
    },
    NotToml {
        text: "[track]\nfactions = [9001",
        why: "line 2: the list that begins in this line is not closed with ], as in [9001, 9002]",
    },
    NotToml {
        text: "[track]\nplayers = [1,\n2\n",
        why: "line 2: the list that begins in this line is not closed with ]",
    },
    NotToml {
        text: "[track]\nfactions = 9001, 9002\n",
        why: "line 2: the field must be a list of numbers, such as [9001, 9002]",
    },
    NotToml {
        text: "[track]\nplayers = (9001)\n",
        why: "line 2: the field must be a list of numbers, such as [9001, 9002]",
    },
    NotToml {
        text: "[track]\nfactions = ［9001］\n",
        why: "line 2: ［ is a wide character; write [",
    },
    NotToml {
        text: "[api]\nconcurrency ＝ 4\n",
        why: "line 2: ＝ is a wide character; write =",
    },
    NotToml {
        text: "[api]\nconcurrency = §4\n",
        why: "line 2: the value is neither a text in quotes nor a number, true, false or a list",
    },
    NotToml {
        text: "[track]\nfactions = [9001]]\n",
        why: "line 2: there is something behind the value; write the value alone",
    },
    NotToml {
        text: "[track]\nplayers = [1]\n\n[api]\n# note\n[track] # again\nfactions = [2]\n",
        why: "line 6: line 1 has this name already; put the fields of both under one heading",
    },
    NotToml {
        text: "[api]\nconcurrency = 1\n[track]\nmembers = true\nplayers = [1]\nmembers = false\n",
        why: "line 6: line 4 has this name already; keep one of the two",
    },
    NotToml {
        text: "database = \"torn.db\n",
        why: "line 1: a text is not closed with a quotation mark",
    },
    NotToml {
        text: "[[key]]\nkey = \"\"\"Sec\n",
        why: "line 2: a text in three quotation marks is not closed with three",
    },
    NotToml {
        text: "key: \"x\"\n",
        why: "line 1: it has a colon after the name: write `name = value`",
    },
    NotToml {
        text: "{\"database\": \"torn.db\"}\n",
        why: "line 1: it is JSON, and this file is TOML",
    },
    NotToml {
        text: "<<<<<<< HEAD\n[track]\n",
        why: "line 1: it is the mark of a merge conflict",
    },
    NotToml {
        text: "track = { , }\n",
        why: "line 1: there is a comma too many",
    },
    NotToml {
        text: "[track\nplayers = [1]\n",
        why: "line 1: the heading is not closed with ]",
    },
    NotToml {
        text: "[schedule]\nfactions = „5m“\n",
        why: "line 2: „ is a low quote; write straight quotes: \"…\"; the line is: factions = „5m“",
    },
    NotToml {
        text: "[schedule]\nfactions = “6m”\n",
        why: "line 2: “ is a curly quote; write straight quotes: \"…\"",
    },
    NotToml {
        text: "[schedule]\nfactions = 5m\n",
        why: "line 2: there is something behind the number; write the number alone",
    },
    NotToml {
        text: "[health]\nmax_age_hours = 24 Stunden\n",
        why: "line 2: there is something behind the number; write the number alone",
    },
    NotToml {
        text: "[[key]]\nkey = „AbCdEfGhIjKlMnOp“\n",
        why: "line 2: „ is a low quote; write straight quotes: \"…\"; the line is: key = (not shown)",
    },
    NotToml {
        text: "[retention]\nkeep_months = 2,5\n",
        why: "line 2: a number has no comma in it; write a whole number",
    },
    NotToml {
        text: "[retention]\n\u{a0}keep_months = 3\n",
        why: "line 2: it has an invisible character, a no-break space (U+00A0); remove it",
    },
    NotToml {
        text: "[track]\nmembers = True\n",
        why: "line 2: write `true` in small letters",
    },
    NotToml {
        text: "[key]\nname = \"a\"\n[key]\nname = \"b\"\n",
        why: "line 3: line 1 has this name already; each key is a table under [[key]]",
    },
    NotToml {
        text: "[track]\nplayers = [1, 2 3]\n",
        why: "line 2: a comma is missing in a list",
    },
];

#[test]
fn a_file_that_is_not_toml_is_described_without_the_words_of_the_parser() {
    for NotToml { text, why } in NOT_TOML {
        let sandbox = Sandbox::new();
        sandbox.write("tornsnap.toml", text);

        let stderr = sandbox.run(&["fetch", "all"]).expect(78).stderr();

        assert!(stderr.contains(&format!("because: {why}")), "{stderr}");
        let report = sandbox
            .run(&["config", "check", "--json"])
            .expect(78)
            .json();
        for word in ["expected", "duplicate", "recursion", "inline"] {
            assert!(!report.to_string().contains(word), "{report:#}");
        }
    }
}

#[test]
fn a_mistake_in_a_value_is_the_only_problem_of_its_field() {
    for mistake in [
        "[track]\nfactions == [9001]",
        "[track]\nfactions = 9001, 9002",
        "[track]\nmembers == true",
        "[[key]]\nkey_file == \"alice.key\"",
        "[track]\nfactions = [9001",
    ] {
        let sandbox = Sandbox::new();
        sandbox.write(
            "tornsnap.toml",
            &format!("database = \"a.db\"\n{mistake}\n"),
        );

        let report = sandbox
            .run(&["config", "check", "--json"])
            .expect(78)
            .json();

        let problems = findings(&report, "problem");
        assert_eq!(problems.len(), 1, "{mistake}: {problems:#?}");
        assert!(problems[0].contains("line 3: "), "{mistake}: {problems:#?}");
    }
}

#[test]
fn a_value_with_too_many_brackets_is_described_with_its_line() {
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let sandbox = Sandbox::new();
    sandbox.write("tornsnap.toml", &format!("a = {deep}\n"));
    let stderr = sandbox.run(&["fetch", "all"]).expect(78).stderr();
    assert!(
        stderr.contains("line 1: too many [ or { are inside each other"),
        "{stderr}"
    );
}
