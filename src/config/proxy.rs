//! Chooses the proxy for a URL from the environment variables that curl uses.

use std::net::IpAddr;

use crate::config::address::is_loopback;
use crate::config::environment;
use crate::error::Result;
use crate::model::digits::parse_digits;
use crate::model::proxy::Proxy;

/// The variables that name a proxy for an `https://` URL. The first one that is set is used.
///
/// curl uses `http_proxy` for `http://` URLs only. Here it also applies to `https://` if no other variable is set,
/// because users who set only this one expect it to.
const PROXY_VARIABLES: [&str; 6] = [
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "http_proxy",
    "HTTP_PROXY",
];

/// The variables that list the hosts to call without a proxy.
const NO_PROXY_VARIABLES: [&str; 2] = ["no_proxy", "NO_PROXY"];

/// The proxy for a URL; `None` for a direct connection. A loopback host never gets a proxy.
///
/// # Errors
///
/// [`Exit::Config`](crate::error::Exit::Config) when one of the variables is not UTF-8.
pub(crate) fn proxy_for(url: &str) -> Result<Option<Proxy>> {
    resolve_proxy(url, environment::variable)
}

fn resolve_proxy(
    url: &str,
    variable: impl Fn(&str) -> Result<Option<String>>,
) -> Result<Option<Proxy>> {
    let first = |names: &[&'static str]| -> Result<Option<(&'static str, String)>> {
        for name in names {
            if let Some(value) = variable(name)? {
                return Ok(Some((name, value)));
            }
        }
        Ok(None)
    };
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    if is_loopback(rest) {
        return Ok(None);
    }
    let Some((name, address)) = first(&PROXY_VARIABLES)? else {
        return Ok(None);
    };
    if first(&NO_PROXY_VARIABLES)?.is_some_and(|(_, list)| bypasses_proxy(&list, rest)) {
        return Ok(None);
    }
    Ok(Some(Proxy::new(name, &address)))
}

/// Whether a `NO_PROXY` list such as `example.com, .test, 10.0.0.0/8, *` contains the host of a URL. `rest` is the part of
/// the URL after `://`.
fn bypasses_proxy(list: &str, rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let (host, port) = split_port(authority);
    let host = normalize_host(host);
    list.split([',', ' ', '\t'])
        .filter(|entry| !entry.is_empty())
        .any(|entry| match split_port(entry) {
            ("*", None) => true,
            (_, Some(wanted)) if wanted != port.unwrap_or("443") => false,
            (name, _) => matches_host(&normalize_host(name), &host),
        })
}

/// Whether an entry matches a host. A name also matches its subdomains; a network such as `10.0.0.0/8` matches its addresses.
fn matches_host(entry: &str, host: &str) -> bool {
    if let Ok(host) = host.parse::<IpAddr>() {
        return match entry.split_once('/') {
            Some((network, bits)) => is_within(network, bits, host),
            None => entry.parse() == Ok(host),
        };
    }
    let name = entry.trim_start_matches('*').trim_start_matches('.');
    !name.is_empty()
        && (host == name
            || host
                .strip_suffix(name)
                .is_some_and(|before| before.ends_with('.')))
}

fn is_within(network: &str, bits: &str, host: IpAddr) -> bool {
    let (Ok(network), Some(bits)) = (network.parse::<IpAddr>(), parse_digits::<u32>(bits)) else {
        return false;
    };
    let (network, host, width) = match (network, host) {
        (IpAddr::V4(network), IpAddr::V4(host)) => (
            u128::from(network.to_bits()),
            u128::from(host.to_bits()),
            32,
        ),
        (IpAddr::V6(network), IpAddr::V6(host)) => (network.to_bits(), host.to_bits(), 128),
        _ => return false,
    };
    bits <= width && (network ^ host).checked_shr(width - bits).unwrap_or(0) == 0
}

/// Converts a host to lower case, without the brackets of an IPv6 address and the trailing dot of a domain name.
fn normalize_host(host: &str) -> String {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .trim_end_matches('.')
        .to_ascii_lowercase()
}

/// Splits `host:port`. An IPv6 address without brackets has no port.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|byte| byte.is_ascii_digit())
                && (host.ends_with(']') || !host.contains(':')) =>
        {
            (host, Some(port))
        }
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy_of(url: &str, set: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| {
            let value = set.iter().find(|(known, _)| *known == name);
            Ok(value.map(|(_, value)| (*value).to_owned()))
        };
        resolve_proxy(url, variable)
            .unwrap()
            .map(|proxy| proxy.to_string())
    }

    #[test]
    fn https_proxy_has_priority_over_all_proxy_and_http_proxy() {
        let url = "https://api.torn.com/v2";
        let mut set = vec![
            ("HTTP_PROXY", "http://f"),
            ("http_proxy", "http://e"),
            ("ALL_PROXY", "http://d"),
            ("all_proxy", "http://c"),
            ("HTTPS_PROXY", "http://b"),
            ("https_proxy", "http://a"),
        ];
        while let Some((name, address)) = set.last().copied() {
            assert_eq!(proxy_of(url, &set), Some(format!("{address} ({name})")));
            set.pop();
        }
        assert_eq!(proxy_of(url, &[]), None);
    }

    #[test]
    fn a_loopback_host_never_gets_a_proxy() {
        for url in [
            "http://127.0.0.1:8080",
            "http://127.200.3.4/v2",
            "http://localhost:1/x",
            "http://LocalHost",
            "https://localhost",
            "http://[::1]:80/v2",
        ] {
            let set = PROXY_VARIABLES.map(|name| (name, "http://proxy:3128"));
            assert_eq!(proxy_of(url, &set), None, "{url}");
        }
    }

    #[test]
    fn no_proxy_lists_hosts_domains_and_networks() {
        for (url, list, direct) in [
            ("https://api.torn.com/v2", "api.torn.com", true),
            ("https://api.torn.com/v2", "torn.com", true),
            ("https://api.torn.com/v2", ".torn.com", true),
            ("https://api.torn.com/v2", "*.torn.com", true),
            ("https://API.torn.com./v2", "x, Torn.Com", true),
            ("https://api.torn.com/v2", "*", true),
            ("https://api.torn.com/v2", "api.torn.com:443", true),
            ("https://api.torn.com:8443", "api.torn.com:8443 other", true),
            ("https://api.torn.com/v2", "api.torn.com:80", false),
            ("https://api.torn.com/v2", "orn.com", false),
            ("https://api.torn.com/v2", "com.torn.api,,", false),
            ("https://api.torn.com/v2", "v2", false),
            ("https://10.1.2.3/x", "10.0.0.0/8", true),
            ("https://10.1.2.3/x", "0.0.0.0/0", true),
            ("https://10.1.2.3/x", "10.1.2.3", true),
            (
                "https://10.1.2.3/x",
                "10.1.2.4/32,11.0.0.0/8,10.0.0.0/33,10.0.0.0/+8",
                false,
            ),
            ("https://10.1.2.3/x", "2.3", false),
            ("https://[fd00::1]/x", "fd00::/8", true),
            ("https://[fd00::1]:444/x", "[fd00::1]:444", true),
            ("https://[fd00::1]/x", "fe00::/8,0.0.0.0/0", false),
        ] {
            let set = [("HTTPS_PROXY", "http://proxy"), ("NO_PROXY", list)];
            assert_eq!(proxy_of(url, &set).is_none(), direct, "{url} {list}");
        }
    }
}
