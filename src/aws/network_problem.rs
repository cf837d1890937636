//! Names what failed between this machine and AWS, with a cause that a person can act on.

use crate::aws::timeouts;
use crate::config::env;
use crate::error::ErrorCode;
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

/// A failure between this machine and AWS, with a cause that a person can act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NetworkProblem {
    /// The proxy answered 407.
    ProxyCredentials,
    /// The proxy was not found, or refused the connection.
    ProxyUnreachable {
        proxy: String,
        cause: &'static str,
    },
    /// An https URL with an IPv6 address, behind a proxy.
    ProxyToAddress {
        address: String,
    },
    /// The certificate of the server, or of something in between, is not signed by a trusted authority.
    UntrustedCertificate {
        host: String,
    },
    /// Its certificate is outside its time, or this machine's clock is.
    ExpiredCertificate {
        host: String,
    },
    /// Its certificate is of another host.
    CertificateOfOtherHost {
        host: String,
    },
    /// Its name does not resolve.
    UnknownHost {
        host: String,
    },
    ConnectionRefused {
        host: String,
    },
    /// No answer, and no progress of the request, within this time.
    NoAnswer {
        host: String,
        limit: Duration,
    },
    /// An answer of something in between, such as a captive portal: its status and content type.
    ForeignAnswer {
        host: String,
        status: u16,
        content_type: String,
    },
}

impl NetworkProblem {
    /// Returns how to fix it.
    pub(crate) fn hint(&self) -> String {
        let hint = match self {
            NetworkProblem::NoAnswer { limit, .. } => return no_answer_hint(*limit, timeouts::seconds()),
            NetworkProblem::ProxyCredentials => {
                "Write them into HTTPS_PROXY (or HTTP_PROXY, ALL_PROXY), as in http://user:password@host:port, with special characters as %XX"
            }
            NetworkProblem::ProxyUnreachable { .. } => {
                "Correct HTTPS_PROXY (or HTTP_PROXY, ALL_PROXY), or unset it where AWS is reached without a proxy"
            }
            NetworkProblem::ProxyToAddress { .. } => {
                "Write the name of the host in AWS_ENDPOINT_URL, or add the address to NO_PROXY"
            }
            NetworkProblem::UntrustedCertificate { .. } => {
                "Name the file with the authority that signed it in AWS_CA_BUNDLE, in ca_bundle of the AWS profile, or in NODE_EXTRA_CA_CERTS"
            }
            NetworkProblem::ExpiredCertificate { .. } => {
                "Check the clock of this machine; if it is right, the certificate must be renewed"
            }
            NetworkProblem::CertificateOfOtherHost { .. } => {
                "Sign in to the network if it demands that, and check AWS_ENDPOINT_URL if it is set"
            }
            NetworkProblem::UnknownHost { .. } => {
                "Check the network, the name of the region and, if it is set, AWS_ENDPOINT_URL; behind a proxy, set HTTPS_PROXY"
            }
            NetworkProblem::ConnectionRefused { .. } => {
                "Check the network and, if they are set, AWS_ENDPOINT_URL and HTTPS_PROXY"
            }
            NetworkProblem::ForeignAnswer { .. } => {
                "Sign in to the network, or set HTTPS_PROXY or NO_PROXY so that AWS is reached"
            }
        };
        hint.to_owned()
    }

    /// Returns the error of an operation that fails for this reason.
    pub(crate) fn error(&self, operation: &str) -> crate::error::Error {
        crate::error::Error::new(ErrorCode::AwsUnavailable, format!("{operation} failed: {self}")).hint(self.hint())
    }

    /// Returns whether sending the request again may help.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            NetworkProblem::ProxyCredentials
            | NetworkProblem::ProxyToAddress { .. }
            | NetworkProblem::UntrustedCertificate { .. }
            | NetworkProblem::ExpiredCertificate { .. }
            | NetworkProblem::CertificateOfOtherHost { .. } => false,
            NetworkProblem::UnknownHost { .. }
            | NetworkProblem::ConnectionRefused { .. }
            | NetworkProblem::ProxyUnreachable { .. }
            | NetworkProblem::NoAnswer { .. } => true,
            NetworkProblem::ForeignAnswer { status, .. } => (500..511).contains(status),
        }
    }

    /// Returns the same problem of a request that goes through a proxy, if there is one: then only the proxy is looked up
    /// and connected to.
    pub(crate) fn of_proxy(self, proxy: Option<&str>) -> Self {
        let Some(proxy) = proxy.map(str::to_owned) else { return self };
        match self {
            NetworkProblem::UnknownHost { .. } => NetworkProblem::ProxyUnreachable { proxy, cause: "was not found" },
            NetworkProblem::ConnectionRefused { .. } => {
                NetworkProblem::ProxyUnreachable { proxy, cause: "refused the connection" }
            }
            other => other,
        }
    }

    /// Returns the problem that an error of the connection stands for.
    pub(crate) fn of(error: &ConnectorError, host: &str) -> Option<Self> {
        let host = host.to_owned();
        causes(error).find_map(|cause| {
            if let Some(io) = cause.downcast_ref::<io::Error>()
                && io.kind() == io::ErrorKind::ConnectionRefused
            {
                return Some(NetworkProblem::ConnectionRefused { host: host.clone() });
            }
            // The types of these errors are private to their crates.
            let message = cause.to_string();
            if message.contains("proxy authorization required") {
                Some(NetworkProblem::ProxyCredentials)
            } else if let Some(reason) = message.split_once("invalid peer certificate: ").map(|(_, reason)| reason) {
                let host = host.clone();
                // The names of rustls::CertificateError, as they are displayed or declared.
                Some(
                    if ["certificate expired", "Expired", "certificate not valid yet", "NotValidYet"]
                        .iter()
                        .any(|name| reason.starts_with(name))
                    {
                        NetworkProblem::ExpiredCertificate { host }
                    } else if ["certificate not valid for name", "NotValidForName"]
                        .iter()
                        .any(|name| reason.starts_with(name))
                    {
                        NetworkProblem::CertificateOfOtherHost { host }
                    } else {
                        NetworkProblem::UntrustedCertificate { host }
                    },
                )
            } else if message.contains("dns error") {
                Some(NetworkProblem::UnknownHost { host: host.clone() })
            } else {
                None
            }
        })
    }
}

/// Returns how to fix a missing answer. `limit` is the time that was waited, `seconds` those for an answer, which the user
/// can raise: shorter limits are our own, such as that of a connection.
fn no_answer_hint(limit: Duration, seconds: u64) -> String {
    let network = "Check the network, the proxy and, if it is set, AWS_ENDPOINT_URL";
    if limit < Duration::from_secs(seconds) {
        return network.to_owned();
    }
    format!("{network}; for a slow line, set {} to more than {seconds}", env::AWS_TIMEOUT_SECONDS.name)
}

impl fmt::Display for NetworkProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NetworkProblem::ProxyCredentials => f.write_str("the proxy demands credentials"),
            NetworkProblem::ProxyUnreachable { proxy, cause } => write!(f, "the proxy {proxy} {cause}"),
            NetworkProblem::ProxyToAddress { address } => {
                write!(f, "https://[{address}] cannot be reached through a proxy, since it is an IPv6 address")
            }
            NetworkProblem::UntrustedCertificate { host } => write!(f, "the certificate of {host} is not trusted"),
            NetworkProblem::ExpiredCertificate { host } => {
                write!(f, "the certificate of {host} is not valid at the time of this machine's clock")
            }
            NetworkProblem::CertificateOfOtherHost { host } => {
                write!(f, "the server that answers for {host} has the certificate of another host")
            }
            NetworkProblem::NoAnswer { host, limit } => write!(f, "no answer from {host} within {} s", limit.as_secs()),
            NetworkProblem::UnknownHost { host } => write!(f, "the host {host} was not found"),
            NetworkProblem::ConnectionRefused { host } => write!(f, "{host} refused the connection"),
            NetworkProblem::ForeignAnswer { host, status, content_type } if content_type.is_empty() => {
                write!(f, "the answer of {host} does not come from AWS (status {status})")
            }
            NetworkProblem::ForeignAnswer { host, status, content_type } => {
                write!(f, "the answer of {host} does not come from AWS (status {status}, {content_type})")
            }
        }
    }
}

impl Error for NetworkProblem {}

/// Returns the host of a URL, with its port. A user and a password in the URL are not for lines and errors.
pub(crate) fn host_of(url: &str) -> String {
    let uri: http::Uri = url.parse().unwrap_or_default();
    let host = uri.host().unwrap_or_default();
    uri.port_u16().map_or(host.to_owned(), |port| format!("{host}:{port}"))
}

/// Returns an error and its causes.
pub(crate) fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_problems_that_may_pass_are_tried_again() {
        let foreign =
            |status| NetworkProblem::ForeignAnswer { host: String::new(), status, content_type: String::new() };
        assert!(foreign(502).is_transient() && !foreign(200).is_transient() && !foreign(511).is_transient());
        assert!(!NetworkProblem::ProxyCredentials.is_transient());
        assert!(NetworkProblem::UnknownHost { host: String::new() }.is_transient());
    }

    #[test]
    fn the_limit_for_answers_is_named_where_a_higher_one_would_help() {
        let names_limit = |limit, seconds| no_answer_hint(Duration::from_secs(limit), seconds).contains("to more than");
        assert!(names_limit(30, 30) && names_limit(5, 5) && names_limit(630, 30));
        assert!(!names_limit(10, 30), "connecting, and STS in a deployment, have 10 s");
    }

    #[test]
    fn a_host_is_named_without_user_and_password() {
        for (url, host) in [
            ("https://sts.us-east-1.amazonaws.com/", "sts.us-east-1.amazonaws.com"),
            ("http://litexa:s3cret@aws.invalid:4566/bucket/key@2x.png?x=a@b", "aws.invalid:4566"),
            ("http://litexa@[::1]:4566", "[::1]:4566"),
            // The password should have been encoded.
            ("https://litexa:ab/cd@aws.invalid", "litexa"),
            ("https://litexa:12ab?cd@aws.invalid", "litexa"),
            ("http://127.0.0.1?x", "127.0.0.1"),
            ("/no-host", ""),
            ("", ""),
        ] {
            assert_eq!(host_of(url), host, "{url}");
        }
    }

    #[test]
    fn behind_a_proxy_the_proxy_is_not_reached() {
        let unknown = NetworkProblem::UnknownHost { host: "s3.test".into() };
        assert_eq!(unknown.clone().of_proxy(None), unknown);
        let of_proxy = unknown.of_proxy(Some("proxy:3128"));
        assert_eq!(of_proxy.to_string(), "the proxy proxy:3128 was not found");
        assert!(of_proxy.is_transient() && of_proxy.hint().contains("HTTPS_PROXY"));
        let untrusted = NetworkProblem::UntrustedCertificate { host: "s3.test".into() };
        assert_eq!(untrusted.clone().of_proxy(Some("proxy:3128")), untrusted);
    }
}
