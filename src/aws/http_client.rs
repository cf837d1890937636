//! Creates the one HTTP client that everything uses: sign-in and all services.
//!
//! One client reads the machine's certificates once and shares its connections. It replaces the SDK's default client,
//! so it does what that one does (`aws_smithy_runtime::client::http`): TLS by AWS-LC, the caller's timeouts, and the
//! proxies of the environment. Servers of this machine are never behind a proxy.

use aws_sdk_s3::config::http::HttpRequest;
use aws_sdk_s3::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::{Builder, Connector, tls};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use std::net::IpAddr;
use std::sync::Arc;

/// Returns the client. Certificates are read, and connections are made, when they are first needed.
pub(crate) fn http_client() -> SharedHttpClient {
    SharedHttpClient::new(RoutingClient {
        routes: Arc::new(Routes { direct: client(ProxyConfig::disabled), proxied: client(ProxyConfig::from_env) }),
    })
}

#[derive(Debug)]
struct Routes {
    direct: SharedHttpClient,
    proxied: SharedHttpClient,
}

fn client(proxy: fn() -> ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder =
            Connector::builder().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc));
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        builder.set_proxy_config(Some(proxy()));
        builder.build()
    })
}

/// Sends each request to its server directly, or through the proxy of the environment.
#[derive(Debug)]
struct RoutingClient {
    routes: Arc<Routes>,
}

impl HttpClient for RoutingClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(RoutingConnector {
            routes: self.routes.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

#[derive(Debug)]
struct RoutingConnector {
    routes: Arc<Routes>,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for RoutingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if is_local(request.uri()) { &self.routes.direct } else { &self.routes.proxied };
        // The client keeps its connectors, one for each kind of settings.
        client.http_connector(&self.settings, &self.components).call(request)
    }
}

/// Returns whether a URL's host is this machine, or answers only within it: the metadata services of EC2 and ECS are
/// link-local
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>).
fn is_local(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        Some((address, _port)) => address,
        None => host.split(':').next().unwrap_or_default(),
    };
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        // `fd00:ec2::254` and `fd00:ec2::23` are the same services over IPv6.
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.segments()[..2] == [0xfd00, 0xec2],
        Err(_) => host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_of_this_machine_are_local() {
        for url in [
            "http://127.0.0.1:4566/bucket",
            "http://localhost:4566/",
            "http://bucket.localhost/",
            "http://[::1]:4566/",
            "http://169.254.169.254/latest/api/token",
            "http://169.254.170.2/v2/credentials",
            "http://[fd00:ec2::254]/latest",
        ] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "https://s3.us-east-1.amazonaws.com/b",
            "https://127.0.0.1.example.com/",
            "http://10.0.0.1/",
            "https://localhost.example.com/",
            "http://localhost@proxy.example.com/",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }
}
