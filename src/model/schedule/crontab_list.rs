//! The answer of `crontab -l`. Each cron says in its own words that a user has no crontab, and its exit code alone does not
//! tell that from a crontab that cannot be read.

/// The output of `crontab -l`, and its exit code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listing<'a> {
    /// `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: &'a [u8],
    pub(crate) stderr: &'a str,
    /// The name of the user, if it is known.
    pub(crate) user: Option<&'a str>,
}

impl Listing<'_> {
    /// Whether the answer means that the user has no crontab.
    ///
    /// A cron that cannot read a crontab also exits with 1, and a shell that cannot start `crontab` also says "No such file
    /// or directory". So all of these must hold: nothing on stdout, an exit code of a cron (0 of dcron, 1 of most, 2 of
    /// systemd-cron), and a message that is about the crontab of this user.
    pub(crate) fn says_there_is_none(&self) -> bool {
        matches!(self.code, Some(0..=2))
            && self.stdout.trim_ascii().is_empty()
            && self.stderr.lines().any(|line| self.is_about_absence(line))
    }

    fn is_about_absence(&self, line: &str) -> bool {
        let line = line.trim();
        let lower = line.to_lowercase();
        // Vixie cron, cronie, macOS, dcron, bcron, systemd-cron: "no crontab for games". fcron: "has no fcrontab".
        if lower.contains("no crontab for") || lower.contains("no fcrontab") {
            return true;
        }
        // BusyBox: "crontab: can't open 'games': No such file or directory". toybox prints the path of the file.
        let Some(subject) = lower.strip_suffix(": no such file or directory") else {
            return false;
        };
        let file = subject.trim_end_matches(['\'', '"']);
        let name = file.rsplit([' ', '/', '\'', '"']).next();
        self.user
            .is_some_and(|user| name == Some(user.to_lowercase().as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Answer {
        of: &'static str,
        code: Option<i32>,
        stdout: &'static str,
        stderr: &'static str,
    }

    fn says_there_is_none(answer: &Answer) -> bool {
        let listing = Listing {
            code: answer.code,
            stdout: answer.stdout.as_bytes(),
            stderr: answer.stderr,
            user: Some("games"),
        };
        listing.says_there_is_none()
    }

    #[test]
    fn each_cron_says_in_its_own_words_that_there_is_no_crontab() {
        for answer in [
            Answer {
                of: "Vixie cron of Debian, cronie",
                code: Some(1),
                stdout: "",
                stderr: "no crontab for games\n",
            },
            Answer {
                of: "FreeBSD, macOS",
                code: Some(1),
                stdout: "",
                stderr: "crontab: no crontab for games\n",
            },
            Answer {
                of: "systemd-cron 15.2 to 16.6",
                code: Some(2),
                stdout: "",
                stderr: "no crontab for games\n",
            },
            Answer {
                of: "dcron",
                code: Some(0),
                stdout: "",
                stderr: "crontab: no crontab for games\n",
            },
            Answer {
                of: "BusyBox",
                code: Some(1),
                stdout: "",
                stderr: "crontab: can't open 'games': No such file or directory\n",
            },
            Answer {
                of: "toybox",
                code: Some(1),
                stdout: "",
                stderr: "crontab: /var/spool/cron/crontabs/games: No such file or directory\n",
            },
            Answer {
                of: "a warning of the loader before the answer",
                code: Some(1),
                stdout: "",
                stderr: "ERROR: ld.so: object 'x.so' from LD_PRELOAD cannot be preloaded: ignored.\nno crontab for games\n",
            },
        ] {
            assert!(says_there_is_none(&answer), "{}", answer.of);
        }
    }

    #[test]
    fn a_crontab_that_cannot_be_read_is_not_taken_for_none() {
        for answer in [
            Answer {
                of: "BusyBox without permission",
                code: Some(1),
                stdout: "",
                stderr: "crontab: can't open 'games': Permission denied\n",
            },
            Answer {
                of: "BusyBox that is not setuid",
                code: Some(1),
                stdout: "",
                stderr: "crontab: must be suid to work properly\n",
            },
            Answer {
                of: "a user in cron.deny",
                code: Some(1),
                stdout: "",
                stderr: "You (games) are not allowed to use this program (crontab)\n",
            },
            Answer {
                of: "a missing library",
                code: Some(127),
                stdout: "",
                stderr: "crontab: error while loading shared libraries: libpam.so.0: cannot open shared object file: No such file or directory\n",
            },
            Answer {
                of: "a wrapper whose program is gone",
                code: Some(1),
                stdout: "",
                stderr: "/usr/local/bin/crontab: /usr/bin/crontab.real: No such file or directory\n",
            },
            Answer {
                of: "another user's crontab",
                code: Some(1),
                stdout: "",
                stderr: "crontab: can't open 'root': No such file or directory\n",
            },
            Answer {
                of: "a crontab with that text",
                code: Some(1),
                stdout: "0 1 * * * true\n",
                stderr: "no crontab for games\n",
            },
            Answer {
                of: "a signal",
                code: None,
                stdout: "",
                stderr: "no crontab for games\n",
            },
            Answer {
                of: "nothing",
                code: Some(1),
                stdout: "",
                stderr: "",
            },
        ] {
            assert!(!says_there_is_none(&answer), "{}", answer.of);
        }
    }
}
