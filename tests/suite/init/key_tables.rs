//! The `[[key]]` tables that `tornsnap init` writes for keys with the same name.

use super::Fresh;
use crate::support::CANARY;

/// A configuration, the flags that add keys to it, and the tables of keys after that.
struct Addition {
    name: &'static str,
    config: &'static str,
    flags: &'static [&'static str],
    keys: &'static str,
}

const ADDITIONS: &[Addition] = &[
    Addition {
        name: "two files with one name in two folders",
        config: "[track]\nfactions = [9]\n",
        flags: &["--key-file", "alice.key", "--key-file", "b/alice.key"],
        keys: "\n[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n\
               \n[[key]]\nname = \"alice-2\"\nkey_file = \"b/alice.key\"\n",
    },
    Addition {
        name: "two files that differ in their extension",
        config: "[track]\nfactions = [9]\n",
        flags: &["--key-file", "alice.key", "--key-file", "alice.txt"],
        keys: "\n[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n\
               \n[[key]]\nname = \"alice-2\"\nkey_file = \"alice.txt\"\n",
    },
    Addition {
        name: "a file and a variable with one name",
        config: "[track]\nfactions = [9]\n",
        flags: &["--key-env", "BOB", "--key-file", "b/bob.key"],
        keys: "\n[[key]]\nname = \"bob\"\nkey_env = \"BOB\"\n\
               \n[[key]]\nname = \"bob-2\"\nkey_file = \"b/bob.key\"\n",
    },
    Addition {
        name: "a given key is configured already",
        config: "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n",
        flags: &["--key-file", "b/alice.key", "--key-file", "alice.key"],
        keys: "[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n\
               \n[[key]]\nname = \"alice-2\"\nkey_file = \"b/alice.key\"\n",
    },
    Addition {
        name: "a numbered name is taken",
        config: "[[key]]\nname = \"alice-2\"\nkey_env = \"BOB\"\n",
        flags: &["--key-file", "alice.key", "--key-file", "b/alice.key"],
        keys: "[[key]]\nname = \"alice-2\"\nkey_env = \"BOB\"\n\
               \n[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n\
               \n[[key]]\nname = \"alice-3\"\nkey_file = \"b/alice.key\"\n",
    },
    Addition {
        name: "a name that a table without a name has",
        config: "[[key]]\nkey_file = \"alice.key\"\n",
        flags: &["--key-file", "b/key1.key"],
        keys: "[[key]]\nkey_file = \"alice.key\"\n\
               \n[[key]]\nname = \"key1-2\"\nkey_file = \"b/key1.key\"\n",
    },
    Addition {
        name: "the same file twice",
        config: "[track]\nfactions = [9]\n",
        flags: &["--key-file", "alice.key", "--key-file", "./alice.key"],
        keys: "\n[[key]]\nname = \"alice\"\nkey_file = \"alice.key\"\n",
    },
];

#[test]
fn every_given_key_is_in_the_changed_configuration() {
    for Addition {
        name,
        config,
        flags,
        keys,
    } in ADDITIONS
    {
        let fresh = Fresh::new();
        for (file, key) in [
            ("tornsnap.toml", *config),
            ("alice.txt", "PublicKeyOfTwo02"),
            ("b/alice.key", "PublicKeyOfTwo02"),
            ("b/bob.key", CANARY),
            ("b/key1.key", "PublicKeyOfTwo02"),
        ] {
            fresh.sandbox.write(file, key);
        }

        fresh.init(flags).expect(0);

        let changed = fresh.config();
        assert!(changed.ends_with(keys), "{name}: {changed}");
        fresh.init(flags).expect(0);
        assert_eq!(fresh.config(), changed, "{name}, again");
    }
}

#[test]
fn keys_of_the_same_name_get_names_of_their_own() {
    let fresh = Fresh::new();
    fresh.sandbox.write("b/alice.key", "PublicKeyOfTwo02");

    fresh
        .init(&[
            "--key-file",
            "alice.key",
            "--key-file",
            "b/alice.key",
            "--key-file",
            "./alice.key",
            "--faction",
            "9",
        ])
        .expect(0);

    assert_eq!(
        fresh
            .sandbox
            .rows("SELECT name, owner_id FROM api_keys ORDER BY 1"),
        ["alice|1", "alice-2|2"]
    );
}
