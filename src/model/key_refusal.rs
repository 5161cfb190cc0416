//! The reasons for which Torn refuses a key, and the remedies, in one table.

/// A reason that concerns the key or its owner.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct KeyRefusal {
    /// Torn's error code.
    code: i64,
    /// The sentence after "key NAME: ".
    pub(crate) reason: &'static str,
    /// An imperative.
    pub(crate) remedy: &'static str,
}

/// The remedy for a key that Torn does not know.
pub(crate) const COPY_AGAIN: &str =
    "copy the key again from https://www.torn.com/preferences.php#tab=api";

/// The remedy if Torn accepts a key, but its access is too low.
pub(crate) const MORE_ACCESS: &str = "make a key with more access at https://www.torn.com/preferences.php#tab=api; Public Only is enough";

/// The remedy while Torn blocks this IP address, which it does after many calls with bad keys.
pub(crate) const BLOCK_HELP: &str = "look for another program that uses bad keys";

const REFUSALS: [KeyRefusal; 5] = [
    KeyRefusal {
        code: 1,
        reason: "Torn has received no key",
        remedy: COPY_AGAIN,
    },
    KeyRefusal {
        code: 2,
        reason: "Torn does not know the key",
        remedy: COPY_AGAIN,
    },
    KeyRefusal {
        code: 10,
        reason: "the key's owner is in federal jail",
        remedy: "use a key of another player, or wait until the owner is out",
    },
    KeyRefusal {
        code: 13,
        reason: "the key's owner has been offline for more than 7 days",
        remedy: "log in to Torn",
    },
    KeyRefusal {
        code: 18,
        reason: "the key's owner has paused it",
        remedy: "resume it at https://www.torn.com/preferences.php#tab=api",
    },
];

impl KeyRefusal {
    pub(crate) fn of_code(code: i64) -> Option<Self> {
        REFUSALS.into_iter().find(|refusal| refusal.code == code)
    }

    /// The refusal in a recorded failure, such as `Torn answered error 13: …`.
    pub(crate) fn in_failure(failure: &str) -> Option<Self> {
        let rest = failure.split_once("error ")?.1;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Self::of_code(digits.parse().ok()?)
    }

    /// The reason and the remedy in one sentence.
    pub(crate) fn advice(&self) -> String {
        format!("{}: {}", self.reason, self.remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_failure_is_found_in_the_table_by_its_code() {
        let code = |failure| KeyRefusal::in_failure(failure).map(|refusal| refusal.code);

        assert_eq!(code("Torn answered error 13: inactive"), Some(13));
        assert_eq!(code("Torn answered error 2"), Some(2));
        assert_eq!(code("Torn answered error 14: daily limit"), None);
        assert_eq!(code("no answer"), None);
    }
}
