//! A configuration file that is wrong, unreadable or missing.

use std::fs;

use crate::support::torn::Torn;
use crate::support::{Finished, Sandbox, set_mode};

/// A configuration with a mistake in it, and the beginning of the reason that the error gives.
struct Mistake {
    text: &'static str,
    because: &'static str,
}

const MISTAKES: &[Mistake] = &[
    Mistake {
        text: "[api]\nspeed = 3\n",
        because: "line 2: unknown field `speed` in [api], expected one of `base_url`, `requests_per_minute`, `timeout_seconds`, `concurrency`",
    },
    Mistake {
        text: "[api]\nrequests_per_minute = 101\n",
        because: "line 2: requests_per_minute = 101 is not from 1 to 100, nor 0 for a simulator",
    },
    Mistake {
        text: "[api]\nrequests_per_minute = -1\n",
        because: "line 2: requests_per_minute = -1 is not from 1 to 100, nor 0 for a simulator",
    },
    Mistake {
        text: "[api]\ntimeout_seconds = 0\n",
        because: "line 2: timeout_seconds = 0 is not from 1 to 600",
    },
    Mistake {
        text: "[api]\nconcurrency = 0\n",
        because: "line 2: concurrency = 0 is not from 1 to 64",
    },
    Mistake {
        text: "[api]\nconcurrency = \"4\"\n",
        because: "line 2: concurrency must be a whole number; the line is: concurrency = \"4\"",
    },
    Mistake {
        text: "[track]\nfactions = 10741\n",
        because: "line 2: factions must be a list of numbers, such as [9001, 9002]; the line is: factions = 10741",
    },
    Mistake {
        text: "[track]\nfactions = [\"10741\"]\n",
        because: "line 2: each entry of factions must be a whole number",
    },
    Mistake {
        text: "[retention]\nkeep_month = 2\n",
        because: "line 2: unknown field `keep_month` in [retention] (did you mean `keep_months`?), expected one of",
    },
    Mistake {
        text: "database = \"C:\\Games\\x.db\"\n",
        because: "line 1: in double quotes, a backslash begins an escape such as \\n; write a Windows path in single quotes",
    },
    Mistake {
        text: "database = \"C:\\torn\\new.db\"\n",
        because: "line 1: the path contains a tab (written \\t); write a Windows path in single quotes",
    },
    Mistake {
        text: "[backup]\ndirectory = \"a\\u0000b\"\n",
        because: "line 2: the path contains the control character U+0000",
    },
    Mistake {
        text: "[track]\nwars = \"some\"\n",
        because: "line 2: wars must be `tracked` or `all`",
    },
    Mistake {
        text: "[track]\nfactions = [0]\n",
        because: "line 2: 0 is not an id in factions: ids are whole numbers from 1",
    },
    Mistake {
        text: "[track]\nterritories = [\"all\"]\n",
        because: "line 2: \"all\" is no tile, and stands alone, not in a list (in territories)",
    },
    Mistake {
        text: "[track]\nterritories = [\"AAB\", \"NONE\"]\n",
        because: "line 2: \"NONE\" is no tile, and stands alone, not in a list (in territories)",
    },
    Mistake {
        text: "[track]\nterritories = [\"aab!\"]\n",
        because: "line 2: ",
    },
    Mistake {
        text: "[history]\nrecord = 1\n",
        because: "line 2: record must be text in quotes",
    },
    Mistake {
        text: "[retention]\nkeep_months = 0\n",
        because: "line 2: keep_months = 0 is not from 1 to 1200",
    },
    Mistake {
        text: "database = \"a.db\"\ndatabase = \"b.db\"\n",
        because: "line 2: line 1 has this name already; keep one of the two",
    },
    Mistake {
        text: "\n\n[api\n",
        because: "line 3: ",
    },
    Mistake {
        text: "[[key]]\nname = \"a\"\n",
        because: "line 1: a [[key]] has one of key_file, key_env and key",
    },
    Mistake {
        text: "[[key]]\nname = \"a\"\nkey_env = \"A\"\n[[key]]\nname = \"a\"\nkey_env = \"B\"\n",
        because: "line 4: the key name \"a\" is used twice: an earlier [[key]] has it, too",
    },
    Mistake {
        text: "[api]\nbase_url = \"http://api.torn.com/v2\"\n",
        because: "line 2: \"http://api.torn.com/v2\" would send keys unencrypted: write https://",
    },
    Mistake {
        text: "[[key]]\nname = \"\"\nkey_env = \"A\"\n",
        because: "line 1: the name of this [[key]] is empty",
    },
    Mistake {
        text: "[api]\nkeep = 3",
        because: "line 2: unknown field `keep` under this heading; `keep` belongs to [backup] or [log]; the line is: keep = 3",
    },
    Mistake {
        text: "players = [1]",
        because: "line 1: unknown field `players` under this heading; `players` belongs to [track]",
    },
    Mistake {
        text: "[track]\ndatabase = \"x.db\"",
        because: "line 2: unknown field `database` under this heading; `database` belongs to the beginning of the file",
    },
    Mistake {
        text: "[track]\nfactions = [9001 9102]\n",
        because: "line 2: a comma is missing in a list, or the list is not closed with ]",
    },
    Mistake {
        text: "[track]\nfactions = [9001,\n9102 9103]\n",
        because: "line 3: a comma is missing in a list, or the list is not closed with ]",
    },
    Mistake {
        text: "[track]\nfactions = [9001, 9102\nmembers = true\n",
        because: "line 2: the list that begins in this line is not closed with ], as in [9001, 9002]; the line is: factions = [9001, 9102",
    },
    Mistake {
        text: "[track]\nfactions = [9001,\n9102,\n[api]\nconcurrency = 1\n",
        because: "line 2: the list that begins in this line is not closed with ]",
    },
    Mistake {
        text: "[track]\nfactions = [9001] # one [of many\nplayers = [1\n\nmembers = true\n",
        because: "line 3: the list that begins in this line is not closed with ]",
    },
    Mistake {
        text: "[track]\nplayers = [Duke]\n",
        because: "line 2: a word is not in quotes, and it is neither a number nor true or false; players and factions are \
                  listed by their ids",
    },
];

#[test]
fn an_error_in_the_configuration_names_the_line_and_the_choices_before_anything_is_done() {
    for Mistake { text, because } in MISTAKES {
        let sandbox = Sandbox::new();
        sandbox.write("tornsnap.toml", text);

        let stderr = sandbox.run(&["fetch", "all"]).expect(78).stderr();

        assert!(
            stderr.starts_with(&format!(
                "tornsnap: could not use the configuration tornsnap.toml\n  because: {because}"
            )),
            "{text:?}: {stderr}"
        );
        assert!(
            stderr.ends_with(
                "\n  try: correct that line, then run `tornsnap config check`; the configuration page in the repository, src/docs/configuration.md, lists every field with its default\n"
            ),
            "{stderr}"
        );
        assert!(stderr.lines().count() <= 3, "{stderr}");
        assert!(!sandbox.database().exists());
    }
}

#[test]
fn a_configuration_that_is_not_text_or_is_a_folder_cannot_be_read() {
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("tornsnap.toml"), [0xff, 0xfe, 0x00]).unwrap();
    set_mode(&sandbox.path("tornsnap.toml"), 0o600);
    let finished = sandbox.run(&["fetch", "all"]).expect(78);
    assert!(
        finished
            .stderr()
            .contains("could not read the configuration tornsnap.toml"),
        "{}",
        finished.stderr()
    );

    let finished = sandbox.run(&["fetch", "all", "--config", "/"]).expect(78);
    assert!(
        finished
            .stderr()
            .contains("could not read the configuration /"),
        "{}",
        finished.stderr()
    );
}

// Windows has no mode bits.
#[cfg(unix)]
#[test]
fn a_configuration_that_others_can_read_is_refused() {
    let torn = Torn::new();
    set_mode(&torn.sandbox.path("tornsnap.toml"), 0o644);

    let finished = torn.fetch(&["all"]).expect(78);

    assert_eq!(
        finished.stderr(),
        "tornsnap: could not trust tornsnap.toml\n  \
         because: others can read it (mode 0644)\n  \
         try: chmod 600 tornsnap.toml\n"
    );
    assert!(torn.asked().is_empty());
}

#[test]
fn a_named_configuration_must_exist_and_an_empty_variable_names_none() {
    let sandbox = Sandbox::new();
    let named = sandbox
        .run(&["fetch", "all", "--config", "nowhere.toml"])
        .expect(78);
    assert_eq!(
        named.stderr(),
        "tornsnap: could not read the configuration nowhere.toml\n  \
         because: there is no such file\n  \
         try: run `tornsnap init --config nowhere.toml`, or correct --config / TORNSNAP_CONFIG\n"
    );

    let torn = Torn::new();
    let empty = torn
        .fetching(&["factions"])
        .env("TORNSNAP_CONFIG", "")
        .env("TORNSNAP_DATABASE", "")
        .env("TORN_API_KEY", "")
        .output();
    Finished(empty.unwrap()).expect(0);
}

#[test]
fn a_pasted_address_of_torn_is_shown_and_a_key_in_it_is_not() {
    let sandbox = Sandbox::new();
    let page = "https://www.torn.com/factions.php?step=profile&ID=9";
    for (address, is_shown) in [
        (page, true),
        ("https://api.torn.com/user/?key=AbCdEfGh12345678", false),
        ("https://www.example.com/9", false),
    ] {
        sandbox.write(
            "tornsnap.toml",
            &format!("[track]\nfactions = [\"{address}\"]\n"),
        );
        let refused = sandbox.run(&["fetch", "factions"]).expect(78).stderr();
        assert_eq!(refused.contains(address), is_shown, "{refused}");
        assert!(!refused.contains("AbCdEfGh12345678"), "{refused}");
    }
}
