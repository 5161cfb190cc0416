//! The settings of the HTTP agent (user agent, timeout, proxy, certificates), and the classification of its errors.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use rustls::CertificateError;
use ureq::config::ConfigBuilder;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::typestate::AgentScope;
use ureq::{Agent, ProxyProtocol};

use crate::error::{Error, Exit, Result, without_os_code};
use crate::model::proxy::Proxy;
use crate::model::time::iso;

/// The `User-Agent` of every call. Cloudflare blocks the default names of HTTP libraries.
const USER_AGENT: &str = concat!("tornsnap/", env!("CARGO_PKG_VERSION"));

/// The help text for a certificate that is not trusted.
pub(super) const TRUST_HELP: &str = if cfg!(any(windows, target_os = "macos")) {
    "check this machine's clock; where a company's proxy signs the certificates, add its CA to the system's \
     certificates"
} else {
    "check this machine's clock and its CA certificates; where a company's proxy signs the certificates, set \
     SSL_CERT_FILE to a file with its CA"
};

/// The settings of an agent. The proxy is always set, because ureq's default is read from the environment.
///
/// # Errors
///
/// [`Exit::Config`] if the URL of the proxy cannot be used.
pub(super) fn builder(
    timeout: Duration,
    proxy: Option<&Proxy>,
) -> Result<ConfigBuilder<AgentScope>> {
    Ok(Agent::config_builder()
        .user_agent(USER_AGENT)
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        // Following a redirect could send a key or a message to another host.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(proxy.map(checked_proxy).transpose()?)
        .tls_config(
            TlsConfig::builder()
                .root_certs(RootCerts::PlatformVerifier)
                .build(),
        ))
}

/// Converts a proxy to ureq's type. Ureq panics on the schemes for which it was built without support.
fn checked_proxy(proxy: &Proxy) -> Result<ureq::Proxy> {
    let refuse = |why: &str| {
        let name = proxy.variable();
        Error::new(format!("use the proxy {proxy}"))
            .with_source(why.to_owned())
            .with_help(format!(
                "set {name} to an address such as http://proxy:3128, or unset it; NO_PROXY lists hosts to call directly"
            ))
            .with_exit(Exit::Config)
    };
    if let Some((scheme, _)) = proxy.expose().split_once("://")
        && !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str())
    {
        return Err(refuse(
            "only proxies with http:// and https:// are supported",
        ));
    }
    let parsed = ureq::Proxy::new(proxy.expose()).map_err(|_| refuse("that is not an address"))?;
    if !matches!(
        parsed.protocol(),
        ProxyProtocol::Http | ProxyProtocol::Https
    ) {
        return Err(refuse(
            "only proxies with http:// and https:// are supported",
        ));
    }
    let authority = parsed.uri().authority().map_or("", |found| found.as_str());
    let host_and_port = authority
        .rsplit_once('@')
        .map_or(authority, |(_, after)| after);
    // Ureq uses its default port if the port is not a number.
    if parsed.host().is_empty()
        || (host_and_port != parsed.host() && parsed.uri().port_u16().is_none())
    {
        return Err(refuse("its port is not a number from 1 to 65535"));
    }
    Ok(parsed)
}

/// The reason why a call got no response.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum TransportFault {
    Timeout,
    /// The certificate of the server or proxy is not trusted.
    Untrusted(String),
    /// The proxy answered CONNECT with this HTTP status.
    ProxyRefuses(u16),
    /// The connection failed or was interrupted.
    Broken(String),
}

/// Classifies an error of ureq. The text of such an error may contain the URL, which may be a secret, so most texts are
/// replaced.
pub(super) fn classify(error: &ureq::Error) -> TransportFault {
    match error {
        ureq::Error::Timeout(_) => TransportFault::Timeout,
        // Before the handshake, the platform verifier has found no CA certificates on this machine.
        ureq::Error::Rustls(rustls::Error::General(why)) => TransportFault::Untrusted(why.clone()),
        ureq::Error::Rustls(error) => classify_tls(error),
        ureq::Error::Io(error) => match tls_error(error) {
            Some(error) => classify_tls(error),
            None => TransportFault::Broken(describe_io_error(error)),
        },
        ureq::Error::ConnectProxyFailed(text) => match connect_status(text) {
            Some(status) if (400..500).contains(&status) && status != 408 && status != 429 => {
                TransportFault::ProxyRefuses(status)
            }
            Some(status) => {
                TransportFault::Broken(format!("the proxy answered with HTTP status {status}"))
            }
            None => TransportFault::Broken("the proxy did not answer".to_owned()),
        },
        ureq::Error::HostNotFound => {
            TransportFault::Broken("its host name is not known".to_owned())
        }
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            TransportFault::Broken("its URL is not valid".to_owned())
        }
        ureq::Error::Tls(why) => TransportFault::Broken((*why).to_owned()),
        ureq::Error::Protocol(_) => TransportFault::Broken("the answer is not HTTP".to_owned()),
        ureq::Error::LargeResponseHeader(..) => {
            TransportFault::Broken("the headers of the answer are too large".to_owned())
        }
        ureq::Error::Decompress(..) => {
            TransportFault::Broken("the answer cannot be decompressed".to_owned())
        }
        ureq::Error::ConnectionFailed => TransportFault::Broken("it was not accepted".to_owned()),
        _ => TransportFault::Broken("the call failed".to_owned()),
    }
}

/// An error of the connection in plain words, because users do not know the words and numbers of the operating system.
fn describe_io_error(error: &io::Error) -> String {
    use io::ErrorKind as Kind;

    let text = error.to_string();
    let words = match error.kind() {
        Kind::ConnectionRefused => {
            "it was refused; nothing listens at this address, or a firewall blocks it"
        }
        Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
        | Kind::UnexpectedEof => "it ended before the whole answer was there",
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => {
            "this machine has no network, or no way to the address"
        }
        Kind::TimedOut => "nothing answered",
        _ if text.starts_with("failed to lookup address") => {
            "its host name was not found; is this machine connected to the network?"
        }
        _ => return without_os_code(&text),
    };
    words.to_owned()
}

/// The HTTP status of the proxy's response to CONNECT. Ureq has it only in the text of the error
/// (`proxy server responded 407/407`). Any other text is a transient error.
fn connect_status(text: &str) -> Option<u16> {
    let number = text.rsplit([' ', '/']).next()?;
    number.parse().ok()
}

/// Classifies an error of the TLS connection. Only a certificate that is not trusted is permanent.
fn classify_tls(error: &rustls::Error) -> TransportFault {
    match error {
        rustls::Error::InvalidCertificate(why) => {
            TransportFault::Untrusted(describe_certificate_error(why))
        }
        other => TransportFault::Broken(format!("TLS failed: {other}")),
    }
}

/// The error of rustls that is the cause of an I/O error. Ureq wraps the errors of a TLS handshake in I/O errors.
fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    let mut cause: Option<&(dyn StdError + 'static)> = error.get_ref().map(|inner| inner as _);
    while let Some(error) = cause {
        if let Some(tls) = error.downcast_ref() {
            return Some(tls);
        }
        cause = error.source();
    }
    None
}

fn describe_certificate_error(error: &CertificateError) -> String {
    let at = |time: &rustls::pki_types::UnixTime| iso(i64::try_from(time.as_secs()).unwrap_or(0));
    match error {
        CertificateError::UnknownIssuer => "this machine does not know who issued it".to_owned(),
        CertificateError::Expired => "it has expired".to_owned(),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "it expired at {}, and this machine's clock says {}",
            at(not_after),
            at(time)
        ),
        CertificateError::NotValidYet => "it is not valid yet".to_owned(),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "it is valid from {}, and this machine's clock says {}",
            at(not_before),
            at(time)
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another host name".to_owned()
        }
        CertificateError::Revoked => "it has been revoked".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_that_cannot_be_used_is_refused_without_its_password() {
        for (address, why) in [
            (
                "socks5://me:secret@proxy:1080",
                "only proxies with http:// and https://",
            ),
            ("socks5h://proxy", "only proxies"),
            ("socks4://proxy", "only proxies"),
            ("socks4a://proxy", "only proxies"),
            ("socks://proxy", "only proxies"),
            ("SOCKS5://proxy", "only proxies"),
            ("htp://me:secret@proxy", "only proxies"),
            ("http:/proxy:3128", "that is not an address"),
            ("http://", "that is not an address"),
            ("http://me:secret@", "that is not an address"),
            ("http://pro xy:3128", "that is not an address"),
            ("http://proxy:99999", "its port"),
            ("http://proxy:", "its port"),
            ("http://me:secret", "its port"),
        ] {
            let proxy = Proxy::new("HTTPS_PROXY", address);

            let error = checked_proxy(&proxy).unwrap_err();

            let said = error.one_line();
            assert_eq!(error.exit(), Exit::Config, "{address}");
            assert!(said.contains(why) && said.contains("HTTPS_PROXY"), "{said}");
            assert!(!said.contains("secret"), "{said}");
        }
    }

    #[test]
    fn scheme_port_user_and_password_of_a_proxy_are_optional() {
        for address in [
            "http://proxy:3128",
            "HTTP://proxy:3128/",
            "https://proxy",
            "proxy:3128",
            "proxy",
            "http://me:se%20cret@proxy:3128",
            "me:secret@10.0.0.1:8080",
            "http://[::1]:3128",
            "http://[::1]",
        ] {
            let proxy = Proxy::new("HTTPS_PROXY", address);
            assert!(checked_proxy(&proxy).is_ok(), "{address}");
        }
    }

    #[test]
    fn a_tls_error_is_permanent_only_if_the_certificate_or_the_list_of_cas_is_the_cause() {
        use rustls::Error as Tls;

        let in_handshake = |error| classify(&ureq::Error::Io(io::Error::other::<Tls>(error)));
        let untrusted = Tls::InvalidCertificate(CertificateError::UnknownIssuer);

        for permanent in [
            in_handshake(untrusted.clone()),
            classify(&ureq::Error::Rustls(untrusted)),
            classify(&ureq::Error::Rustls(Tls::General("no CAs".to_owned()))),
        ] {
            assert!(matches!(permanent, TransportFault::Untrusted(_)));
        }
        for error in [
            Tls::HandshakeNotComplete,
            Tls::NoCertificatesPresented,
            Tls::DecryptError,
            Tls::FailedToGetRandomBytes,
            Tls::AlertReceived(rustls::AlertDescription::HandshakeFailure),
        ] {
            for transient in [
                in_handshake(error.clone()),
                classify(&ureq::Error::Rustls(error)),
            ] {
                assert!(matches!(transient, TransportFault::Broken(_)));
            }
        }
    }

    #[test]
    fn a_refusal_of_the_proxy_differs_from_a_transient_error() {
        let meaning = |words: &str| classify(&ureq::Error::ConnectProxyFailed(words.to_owned()));

        for status in [400, 401, 403, 404, 405, 407, 451] {
            let words = format!("proxy server responded {status}/{status}");
            assert_eq!(meaning(&words), TransportFault::ProxyRefuses(status));
        }
        for words in [
            "proxy server responded 502/502",
            "proxy server responded 429/429",
            "proxy server did not respond",
            "",
        ] {
            assert!(
                matches!(meaning(words), TransportFault::Broken(_)),
                "{words}"
            );
        }
    }
}
