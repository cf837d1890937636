//! Creates the one HTTP client that everything uses: sign-in and all services.
//!
//! One client shares its connections and its certificates. It replaces the SDK's default client,
//! so it does what that one does (`aws_smithy_runtime::client::http`): TLS by AWS-LC, the caller's timeouts, and the
//! proxies of the environment. Servers of this machine are never behind a proxy.

use crate::aws::network_problem::NetworkProblem;
use crate::aws::proxy::{NoProxy, Proxies, Proxy};
use crate::aws::request_observer::{Attempt, Observer};
use aws_sdk_s3::config::http::HttpRequest;
use aws_sdk_s3::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::TlsContext;
use aws_smithy_http_client::{Builder, Connector, tls};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

/// The settings of the client.
#[derive(Debug)]
pub(crate) struct HttpSettings {
    pub(crate) no_proxy: NoProxy,
    pub(crate) proxies: Proxies,
    pub(crate) tls: TlsContext,
    pub(crate) observer: Arc<Observer>,
}

/// Returns the client. Connections are made when they are first needed.
pub(crate) fn http_client(settings: HttpSettings) -> SharedHttpClient {
    let HttpSettings { no_proxy, proxies, tls, observer } = settings;
    let routes = Routes::new(&tls, no_proxy, proxies);
    SharedHttpClient::new(RoutingClient { routes: Arc::new(routes), observer })
}

#[derive(Debug)]
struct Routes {
    direct: SharedHttpClient,
    https: Option<Proxied>,
    http: Option<Proxied>,
    no_proxy: NoProxy,
}

/// A client whose requests go through a proxy.
#[derive(Debug)]
struct Proxied {
    client: SharedHttpClient,
    /// The host and the port of the proxy.
    host: String,
}

/// The client that leads to a URL, and the proxy that it uses.
#[derive(Debug)]
struct Route<'a> {
    client: &'a SharedHttpClient,
    proxy: Option<&'a str>,
}

impl Routes {
    fn new(tls: &TlsContext, no_proxy: NoProxy, proxies: Proxies) -> Self {
        let route = |Proxy { host, config }: Proxy| Proxied { client: client(tls.clone(), config), host };
        Routes {
            direct: client(tls.clone(), ProxyConfig::disabled()),
            https: proxies.for_https.map(route),
            http: proxies.for_http.map(route),
            no_proxy,
        }
    }

    /// Returns the route to a URL.
    ///
    /// # Errors
    /// `ProxyToAddress`: behind a proxy, the SDK's client does not verify the certificates of IPv6 addresses.
    fn of(&self, url: &str) -> Result<Route<'_>, NetworkProblem> {
        let direct = Route { client: &self.direct, proxy: None };
        let Some((host, port)) = host_and_port(url) else { return Ok(direct) };
        let is_https = url.starts_with("https:");
        let proxied = if is_https { &self.https } else { &self.http };
        let Some(Proxied { client, host: proxy }) = proxied else { return Ok(direct) };
        if is_local(&host) || self.no_proxy.bypasses(&host, port) {
            return Ok(direct);
        }
        if is_https && host.parse::<Ipv6Addr>().is_ok() {
            return Err(NetworkProblem::ProxyToAddress { address: host });
        }
        Ok(Route { client, proxy: Some(proxy) })
    }
}

fn client(tls_context: TlsContext, proxy: ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc))
            .tls_context(tls_context.clone());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        builder.set_proxy_config(Some(proxy.clone()));
        builder.build()
    })
}

/// Sends each request to its server directly, or through the proxy of the environment.
#[derive(Debug)]
struct RoutingClient {
    routes: Arc<Routes>,
    observer: Arc<Observer>,
}

impl HttpClient for RoutingClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(RoutingConnector {
            routes: self.routes.clone(),
            observer: self.observer.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

#[derive(Debug)]
struct RoutingConnector {
    routes: Arc<Routes>,
    observer: Arc<Observer>,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for RoutingConnector {
    fn call(&self, mut request: HttpRequest) -> HttpConnectorFuture {
        let attempt = Attempt::start(&mut request, &self.settings);
        // The client keeps its connectors, one for each kind of settings. The observer applies the read timeout, so that
        // requests that differ in it share their connections.
        let mut settings = HttpConnectorSettings::builder();
        settings.set_connect_timeout(self.settings.connect_timeout());
        match self.routes.of(request.uri()) {
            Ok(Route { client, proxy }) => {
                let connector = client.http_connector(&settings.build(), &self.components);
                self.observer.watch(attempt.behind(proxy), connector.call(request))
            }
            Err(problem) => HttpConnectorFuture::ready(Err(ConnectorError::user(problem.into()))),
        }
    }
}

/// Returns the host of a URL, IPv6 addresses without brackets, and the port.
fn host_and_port(url: &str) -> Option<(String, u16)> {
    let url: http::Uri = url.parse().ok()?;
    let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("http") { 80 } else { 443 });
    Some((url.host()?.trim_matches(['[', ']']).to_owned(), port))
}

/// Returns whether a host is this machine, or answers only within it: the metadata services of EC2 and ECS are
/// link-local (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html>).
fn is_local(host: &str) -> bool {
    match host.parse::<IpAddr>().map(|address| address.to_canonical()) {
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
    fn servers_of_this_machine_and_hosts_of_no_proxy_are_reached_directly() {
        let proxy = |host: &str| {
            Some(Proxy { host: host.to_owned(), config: ProxyConfig::all(format!("http://{host}")).unwrap() })
        };
        let routes = |for_https, for_http| {
            let no_proxy = NoProxy::parse("vpce.test:8443,2001:db8::/32");
            Routes::new(&TlsContext::default(), no_proxy, Proxies { for_https, for_http })
        };
        let without_http = routes(proxy("proxy:3128"), None);
        let without_https = routes(None, proxy("other:3128"));
        let routes = routes(proxy("proxy:3128"), proxy("other:3128"));
        let is_direct = |url| std::ptr::eq(routes.of(url).unwrap().client, &raw const routes.direct);
        for url in [
            "http://127.0.0.1:4566/bucket",
            "http://localhost:4566/",
            "http://bucket.localhost/",
            "http://[::1]:4566/",
            "https://[::1]:4566/",
            "https://[0:0:0:0:0:0:0:1]/",
            "http://[::ffff:127.0.0.1]:4566/",
            "https://[2001:db8::1]/",
            "http://169.254.169.254/latest/api/token",
            "http://169.254.170.2/v2/credentials",
            "http://[fd00:ec2::254]/latest",
            "https://s3.vpce.test:8443/",
        ] {
            assert!(is_direct(url), "{url}");
        }
        for url in [
            "https://s3.us-east-1.amazonaws.com/b",
            "https://127.0.0.1.example.com/",
            "http://10.0.0.1/",
            "https://localhost.example.com/",
            "http://localhost@proxy.example.com/",
            "https://s3.vpce.test/",
            "http://[2001:db9::1]:4566/",
        ] {
            assert!(!is_direct(url), "{url}");
        }
        let problem = NetworkProblem::ProxyToAddress { address: "2001:db9::1".into() };
        assert_eq!(routes.of("https://[2001:db9::1]:4566/b").unwrap_err(), problem);
        let proxy_to = |routes: &Routes, url| routes.of(url).unwrap().proxy.map(str::to_owned);
        assert_eq!(proxy_to(&routes, "https://s3.amazonaws.com/b").as_deref(), Some("proxy:3128"));
        assert_eq!(proxy_to(&routes, "http://10.0.0.1/").as_deref(), Some("other:3128"));
        assert_eq!(proxy_to(&without_http, "http://10.0.0.1/"), None);
        assert_eq!(proxy_to(&without_https, "https://[2001:db9::1]:4566/b"), None);
    }
}
