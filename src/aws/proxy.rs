//! Reads the proxy settings of the environment, and decides which requests bypass the proxy.
//!
//! `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY` name proxies, `NO_PROXY` the hosts that are reached without one, each in
//! upper or lower case, as for the AWS CLI
//! (<https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-proxy.html>). The HTTP client
//! would read them itself, but ignores what it cannot use, and does not ask for the lower case where the upper case is empty.

use crate::config::env;
use crate::error::{Error, ErrorCode, Result};
use aws_smithy_http_client::proxy::ProxyConfig;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::Uri;
use ipnet::IpNet;
use std::fmt;
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
    pub(crate) proxies: Proxies,
    /// Passwords of the proxies, as they are written, decoded, and sent, which must not appear in any output.
    pub(crate) secrets: Vec<String>,
}

/// The proxies by the scheme of the address that is requested.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proxies {
    pub(crate) for_https: Option<Proxy>,
    pub(crate) for_http: Option<Proxy>,
}

/// A proxy.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// The host and its port, without credentials.
    pub(crate) host: String,
    /// Has the credentials as well.
    pub(crate) config: ProxyConfig,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("host", &self.host).finish_non_exhaustive()
    }
}

/// Reads and checks the settings.
///
/// # Errors
/// `InvalidOption`, naming the variable, for a proxy that cannot be used: not a URL, or a SOCKS proxy.
pub(crate) fn from_env() -> Result<ProxySettings> {
    let mut secrets = Vec::new();
    let mut read = |names: [&str; 2]| -> Result<Option<Proxy>> {
        let Some((name, url)) = first_set(&names) else { return Ok(None) };
        let address = Address::parse(&url).map_err(|problem| problem.of(name))?;
        secrets.extend(address.secrets());
        Ok(Some(address.proxy()))
    };
    let [https, http, all] = PROXY_VARIABLES.map(&mut read);
    let (https, http, all) = (https?, http?, all?);
    let proxies = Proxies { for_https: https.or_else(|| all.clone()), for_http: http.or(all) };
    let no_proxy = first_set(&NO_PROXY_VARIABLES).map(|(_, rules)| NoProxy::parse(&rules)).unwrap_or_default();
    Ok(ProxySettings { no_proxy, proxies, secrets })
}

fn first_set<'a>(names: &[&'a str]) -> Option<(&'a str, String)> {
    names.iter().find_map(|name| Some((*name, env::aws(name)?)))
}

/// The parts of a proxy's address.
struct Address<'a> {
    /// `user:password`.
    credentials: Option<&'a str>,
    host: &'a str,
    config: ProxyConfig,
}

impl<'a> Address<'a> {
    /// Reads the URL of a proxy, whose scheme is `http` by default. A path is ignored, unless it has an `@`.
    fn parse(url: &'a str) -> Result<Self, AddressProblem> {
        // Without a scheme, `://` may be part of a password.
        let is_scheme = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| is_scheme(scheme)).unwrap_or(("http", url));
        // A special character of a password would otherwise end the host, and the password's beginning would be taken for
        // it.
        let (credentials, rest) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // Without a host, what follows the colon is a password.
        let shown = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
        let problem = |kind| AddressProblem { kind, url: format!("{scheme}://{shown}") };
        match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => {}
            "socks4" | "socks4a" | "socks5" | "socks5h" => return Err(problem(AddressProblemKind::Socks)),
            _ => return Err(problem(AddressProblemKind::Scheme)),
        }
        if credentials.is_some_and(|credentials| credentials.contains(['/', '?', '#', '@'])) {
            return Err(problem(AddressProblemKind::Credentials));
        }
        let authority = credentials.map_or(host.to_owned(), |credentials| format!("{credentials}@{host}"));
        let parsed = format!("{scheme}://{authority}/").parse::<Uri>();
        let url = parsed.map_err(|_| problem(AddressProblemKind::Url))?;
        // One for requests with http and https, of which it gets those that it is for.
        let config = ProxyConfig::all(url.clone()).map_err(|_| problem(AddressProblemKind::Url))?;
        let (name, _) = split_port(host);
        if name.is_empty() || name.contains(':') && !name.ends_with(']') {
            return Err(problem(AddressProblemKind::Url));
        }
        Ok(Address { credentials, host, config })
    }

    fn proxy(&self) -> Proxy {
        Proxy { host: self.host.to_owned(), config: self.config.clone() }
    }

    /// Returns the password in all forms in which an output could have it. A user without a password may be a token.
    fn secrets(&self) -> Vec<String> {
        let Some(credentials) = self.credentials else { return Vec::new() };
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        let secret = if password.is_empty() { user } else { password };
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        // The proxy gets them as Base64.
        let header = BASE64_STANDARD.encode(format!("{}:{}", decode(user), decode(password)));
        vec![secret.to_owned(), decode(secret), header]
    }
}

/// Why the address of a proxy cannot be used.
#[derive(Debug, PartialEq)]
struct AddressProblem {
    kind: AddressProblemKind,
    /// The address without credentials, and without a port, which may be a part of them.
    url: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum AddressProblemKind {
    Socks,
    Scheme,
    Credentials,
    Url,
}

impl AddressProblem {
    /// Returns the error of a variable with this address.
    fn of(&self, variable: &str) -> Error {
        let what = match self.kind {
            AddressProblemKind::Socks => "names a SOCKS proxy, which is not supported",
            AddressProblemKind::Scheme => "has an unknown scheme",
            AddressProblemKind::Credentials => {
                "has a user name or a password with one of / ? # @, which end parts of a URL"
            }
            AddressProblemKind::Url => "is not a valid URL",
        };
        let hint = match self.kind {
            AddressProblemKind::Socks => format!("Set {variable} to the URL of an HTTP proxy, or unset it"),
            _ => "Write it as http://host:port, or http://user:password@host:port with special characters as %XX"
                .to_owned(),
        };
        let message = format!("the environment variable {variable} {what}: {}", self.url);
        Error::new(ErrorCode::InvalidOption, message).hint(hint)
    }
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

    fn parse(url: &str) -> Result<Proxy, AddressProblem> {
        Ok(Address::parse(url)?.proxy())
    }

    #[test]
    fn the_host_of_a_proxy_does_not_have_its_credentials() {
        for url in ["http://me:p%40ss@proxy:3128/", "me:secret@proxy:3128", "proxy:3128", "HTTPS://proxy:3128?x"] {
            let proxy = parse(url).unwrap();
            assert_eq!(proxy.host, "proxy:3128", "{url}");
            assert!(!format!("{proxy:?}").contains("me"), "{proxy:?}");
        }
        assert_eq!(parse("http://[::1]:3128").unwrap().host, "[::1]:3128");
        let config = |url| format!("{:?}", parse(url).unwrap().config);
        assert_eq!(config("me:secret@proxy:3128/x"), config("http://me:secret@proxy:3128/"));
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_an_error_without_its_password() {
        for url in [
            "socks5://user:s3cret@proxy:1080",
            "ftp://user:s3cret@proxy",
            "http://us er:s3cret@proxy",
            "http://",
            // A special character ends the host of a URL.
            "http://user:s3cret/x@proxy:3128",
            "http://user:s3cret#x@proxy:3128",
            "http://user:s3cret?x@proxy:3128",
            "http://user:s3@cret@proxy:3128",
            "http://s3cret@corp.example:pw@proxy:3128",
            "http://s3cret/x:y@proxy:3128",
            "user:s3cret/x@proxy:3128",
            "user:s3cret://x@proxy:3128",
            "user:s3://cret@proxy",
            "socks5://user:s3cret/x@proxy:1080",
            "ftp://user:s3cret#x@proxy",
            // The host was forgotten, or the port is not one.
            "http://user:s3cret",
            "user:s3cret/x",
            "user:s3cret",
            "http://proxy:99999",
            "http://proxy:s3cret",
        ] {
            let error = parse(url).unwrap_err().of("HTTPS_PROXY");
            assert_eq!(error.code, ErrorCode::InvalidOption);
            let text = error.to_string();
            assert!(text.contains("HTTPS_PROXY") && !text.contains("s3") && !text.contains("cret"), "{url}: {text}");
        }
        let problem = parse("http://user:s3cret/x@proxy:3128/y").unwrap_err();
        assert_eq!(problem, AddressProblem { kind: AddressProblemKind::Credentials, url: "http://proxy".to_owned() });
    }

    #[test]
    fn the_password_of_a_proxy_is_a_secret_in_both_spellings() {
        let secrets = |url| Address::parse(url).unwrap().secrets();
        assert_eq!(secrets("http://me:p%40ss@proxy:3128"), ["p%40ss", "p@ss", "bWU6cEBzcw=="]);
        assert_eq!(secrets("me:secret@proxy:3128"), ["secret", "secret", "bWU6c2VjcmV0"]);
        assert_eq!(secrets("http://token@proxy:3128"), ["token", "token", "dG9rZW46"]);
        assert_eq!(secrets("proxy:3128"), [""; 0]);
    }
}
