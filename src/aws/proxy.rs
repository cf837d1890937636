//! Reads the proxy settings of the environment, and decides which requests bypass the proxy.
//!
//! `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` name proxies, `NO_PROXY` the hosts that are reached without one, each in
//! upper or lower case, as the AWS CLI reads them
//! (<https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-proxy.html>). The HTTP client applies the proxies;
//! this module checks them first, since the client ignores what it cannot use.

use crate::config::env;
use crate::error::{Error, ErrorCode, Result};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ipnet::IpNet;
use std::net::IpAddr;

/// The variables that name a proxy, each in both spellings. The first one that is set counts.
const PROXY_VARIABLES: [[&str; 2]; 3] =
    [["HTTPS_PROXY", "https_proxy"], ["HTTP_PROXY", "http_proxy"], ["ALL_PROXY", "all_proxy"]];

const NO_PROXY_VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The rules that decide whether a request bypasses the proxy.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct NoProxy(Vec<Rule>);

#[derive(Clone, Debug, PartialEq)]
enum Rule {
    /// `*`: every host.
    All,
    /// An address or a network, such as `10.0.0.0/8`, on one port or on all.
    Network { network: IpNet, port: Option<u16> },
    /// A domain and its subdomains, on one port or on all.
    Domain { name: String, port: Option<u16> },
}

/// The proxies of the environment.
#[derive(Debug, Default)]
pub(crate) struct ProxySettings {
    pub(crate) no_proxy: NoProxy,
    pub(crate) hosts: ProxyHosts,
    /// Passwords of the proxies, as they are written, decoded, and sent, which must not appear in any output.
    pub(crate) secrets: Vec<String>,
}

/// The hosts of the proxies, with their ports and without credentials.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ProxyHosts {
    pub(crate) for_https: Option<String>,
    pub(crate) for_http: Option<String>,
}

/// Reads and checks the settings.
///
/// # Errors
/// `InvalidOption`, naming the variable, for a proxy that cannot be used: not a URL, or a SOCKS proxy.
pub(crate) fn from_env() -> Result<ProxySettings> {
    let mut secrets = Vec::new();
    for names in PROXY_VARIABLES {
        if let Some((name, url)) = first_set(&names) {
            secrets.extend(check_proxy(name, &url)?);
        }
    }
    let no_proxy = first_set(&NO_PROXY_VARIABLES).map(|(_, rules)| NoProxy::parse(&rules)).unwrap_or_default();
    let [https, http, all] = PROXY_VARIABLES.map(|names| first_set(&names).map(|(_, url)| host_of(&url).to_owned()));
    let hosts = ProxyHosts { for_https: https.or_else(|| all.clone()), for_http: http.or(all) };
    Ok(ProxySettings { no_proxy, hosts, secrets })
}

fn first_set<'a>(names: &[&'a str]) -> Option<(&'a str, String)> {
    names.iter().find_map(|name| Some((*name, env::aws(name)?)))
}

/// Returns the host and the port of a proxy's URL.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// Returns the secrets of a proxy's URL.
fn check_proxy(variable: &str, url: &str) -> Result<Vec<String>> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (credentials, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    let invalid = |problem: &str, hint: String| {
        let message = format!("the environment variable {variable} {problem}: {scheme}://{host}");
        Err(Error::new(ErrorCode::InvalidOption, message).hint(hint))
    };
    let example = "Write it as http://host:port, or http://user:password@host:port with special characters as %XX";
    match scheme.to_ascii_lowercase().as_str() {
        "http" | "https" => {}
        "socks4" | "socks4a" | "socks5" | "socks5h" => {
            let hint = format!("Set {variable} to the URL of an HTTP proxy, or unset it");
            return invalid("names a SOCKS proxy, which is not supported", hint);
        }
        _ => return invalid("has an unknown scheme", example.to_owned()),
    }
    // The client reads the whole URL with the same rules, and ignores it if it does not fit them.
    if host.is_empty() || url.parse::<http::Uri>().is_err() {
        return invalid("is not a valid URL", example.to_owned());
    }
    let password = credentials.and_then(|credentials| credentials.split_once(':')).map(|(_, password)| password);
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    // The proxy gets them as Base64.
    let header = credentials.map(|credentials| BASE64_STANDARD.encode(decode(credentials)));
    Ok(password.map(str::to_owned).into_iter().chain(password.map(decode)).chain(header).collect())
}

impl NoProxy {
    /// Reads rules that are separated by commas or white space.
    pub(crate) fn parse(text: &str) -> Self {
        NoProxy(text.split([',', ' ', '\t']).map(str::trim).filter(|rule| !rule.is_empty()).map(Rule::parse).collect())
    }

    /// Returns whether requests to this host and port bypass the proxy. An IPv6 address is given without brackets.
    pub(crate) fn bypasses(&self, host: &str, port: u16) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let address = host.parse::<IpAddr>().ok();
        let is_on = |only: &Option<u16>| only.is_none_or(|only| only == port);
        self.0.iter().any(|rule| match rule {
            Rule::All => true,
            Rule::Network { network, port } => {
                // `::ffff:10.0.0.1` is `10.0.0.1`.
                let contains =
                    |address: IpAddr| network.contains(&address) || network.contains(&address.to_canonical());
                is_on(port) && address.is_some_and(contains)
            }
            Rule::Domain { name, port } => {
                is_on(port)
                    && host.strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
        })
    }
}

impl Rule {
    fn parse(text: &str) -> Self {
        if text == "*" {
            return Rule::All;
        }
        let (name, port) = split_port(text);
        if let Some(network) = parse_network(name) {
            return Rule::Network { network, port };
        }
        let name = name.trim_start_matches("*.").trim_matches('.').to_ascii_lowercase();
        Rule::Domain { name, port }
    }
}

/// Separates a port from a host. The colons of an IPv6 address without brackets are not those of a port.
fn split_port(text: &str) -> (&str, Option<u16>) {
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (text, None),
        },
        _ => (text, None),
    }
}

/// Reads an address or a network; an IPv6 address may have brackets.
fn parse_network(text: &str) -> Option<IpNet> {
    let text = text.replace(['[', ']'], "");
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_takes_domains_ports_networks_and_all() {
        let bypasses = |rules: &str, host: &str, port| NoProxy::parse(rules).bypasses(host, port);
        for rule in
            ["amazonaws.com", ".amazonaws.com", "*.amazonaws.com", "AmazonAWS.com", "x.test, amazonaws.com", "*"]
        {
            assert!(bypasses(rule, "s3.us-east-1.amazonaws.com", 443), "{rule}");
        }
        assert!(!bypasses("amazonaws.com", "notamazonaws.com", 443));
        assert!(bypasses("vpce.test:8443", "s3.vpce.test", 8443) && !bypasses("vpce.test:8443", "s3.vpce.test", 443));
        assert!(bypasses("10.0.0.0/8", "10.1.2.3", 443) && !bypasses("10.0.0.0/8", "11.1.2.3", 443));
        assert!(bypasses("192.0.2.1", "192.0.2.1", 80) && !bypasses("192.0.2.1", "192.0.2.10", 80));
        assert!(bypasses("fd00::/8", "fd00:ec2::1", 443) && bypasses("[::2]", "::2", 443));
        assert!(bypasses("[fd00::]/8", "fd12::1", 443) && !bypasses("fd00::/8", "fe00::1", 443));
        assert!(bypasses("2001:DB8:0::1", "2001:db8::1", 443) && !bypasses("2001:db8::1", "2001:db8::11", 443));
        assert!(bypasses("[2001:db8::1]:8443", "2001:db8::1", 8443));
        assert!(!bypasses("[2001:db8::1]:8443", "2001:db8::1", 443));
        assert!(bypasses("10.0.0.0/8", "::ffff:10.1.2.3", 443) && bypasses("192.0.2.1:80", "192.0.2.1", 80));
        assert!(!bypasses("192.0.2.1:80", "192.0.2.1", 443) && !bypasses("::1", "2001:db8::1", 443));
        assert!(!bypasses("", "s3.amazonaws.com", 443) && !bypasses("10.0.0.0/8", "10.example.com", 443));
    }

    #[test]
    fn the_host_of_a_proxy_does_not_have_its_credentials() {
        for url in ["http://me:p@ss@proxy:3128/", "me:secret@proxy:3128", "proxy:3128", "HTTPS://proxy:3128?x"] {
            assert_eq!(host_of(url), "proxy:3128", "{url}");
        }
        assert_eq!(host_of("http://[::1]:3128"), "[::1]:3128");
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error_without_its_password() {
        for url in
            ["socks5://user:s3cret@proxy:1080", "ftp://user:s3cret@proxy", "http://us er:s3cret@proxy", "http://"]
        {
            let error = check_proxy("HTTPS_PROXY", url).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOption);
            let text = error.to_string();
            assert!(text.contains("HTTPS_PROXY") && !text.contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn the_password_of_a_proxy_is_a_secret_in_both_spellings() {
        assert_eq!(
            check_proxy("HTTPS_PROXY", "http://me:p%40ss@proxy:3128").unwrap(),
            ["p%40ss", "p@ss", "bWU6cEBzcw=="]
        );
        assert_eq!(check_proxy("https_proxy", "me:secret@proxy:3128").unwrap(), ["secret", "secret", "bWU6c2VjcmV0"]);
        assert_eq!(check_proxy("HTTPS_PROXY", "proxy:3128").unwrap(), [""; 0]);
    }
}
