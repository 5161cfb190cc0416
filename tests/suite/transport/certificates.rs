//! Certificates that are trusted or not.

use std::ffi::OsStr;

use super::{fetch_and_init, fetching};
use crate::support::Finished;
use crate::support::torn::Torn;
use crate::support::wire::{Certificate, TlsFront};

/// A certificate that is not trusted.
struct Case {
    certificate: Certificate,
    /// Whether `SSL_CERT_FILE` has the certificate of its issuer.
    has_authority: bool,
    /// The reason in the message.
    why: &'static str,
}

#[test]
fn a_certificate_that_is_not_trusted_ends_the_run_at_the_first_call_and_says_what_to_mend() {
    for Case {
        certificate,
        has_authority,
        why,
    } in [
        Case {
            certificate: Certificate::Good,
            has_authority: false,
            why: "this machine does not know who issued it",
        },
        Case {
            certificate: Certificate::Expired,
            has_authority: true,
            why: "it expired at 2020-01-02T00:00:00Z, and this machine's clock says ",
        },
        Case {
            certificate: Certificate::NotYetValid,
            has_authority: true,
            why: "it is valid from 2200-01-02T00:00:00Z, and this machine's clock says ",
        },
        Case {
            certificate: Certificate::OfAnotherHost,
            has_authority: true,
            why: "it is for another host name",
        },
    ] {
        let torn = Torn::new();
        let front = TlsFront::before(&torn, certificate);
        let authority = front.authority(&torn);
        let environment: &[(&str, &OsStr)] = if has_authority {
            &[("SSL_CERT_FILE", authority.as_os_str())]
        } else {
            &[]
        };

        for stderr in fetch_and_init(&torn, &front.url(), environment, 78) {
            let expected = format!(
                "because: the certificate is not trusted: {}: {why}",
                front.url()
            );
            assert!(stderr.contains(&expected), "{stderr}");
            assert!(
                stderr.contains("try: check this machine's clock")
                    && stderr.contains("SSL_CERT_FILE"),
                "{stderr}"
            );
            assert!(stderr.lines().count() <= 5, "{stderr}");
        }

        assert_eq!(front.connections(), 2, "neither of the two tried again");
        assert!(torn.asked().is_empty());
    }
}

#[test]
fn a_machine_without_any_authority_says_so() {
    let torn = Torn::new();
    let front = TlsFront::before(&torn, Certificate::Good);
    let nowhere = OsStr::new("/nowhere/at/all.pem");

    for stderr in fetch_and_init(&torn, &front.url(), &[("SSL_CERT_FILE", nowhere)], 78) {
        assert!(
            stderr.contains("the certificate is not trusted"),
            "{stderr}"
        );
        assert!(stderr.contains("SSL_CERT_FILE"), "{stderr}");
    }
}

#[test]
fn an_authority_in_ssl_cert_file_is_trusted() {
    let torn = Torn::new();
    let front = TlsFront::before(&torn, Certificate::Good);

    let fetched = fetching(&torn, &front.url())
        .env("SSL_CERT_FILE", front.authority(&torn))
        .output();

    Finished(fetched.unwrap()).expect(0);
    assert_eq!(
        torn.rows("SELECT name FROM factions WHERE faction_id = 9"),
        ["Real 9"]
    );
}
