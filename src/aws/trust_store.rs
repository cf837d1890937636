//! Collects the certificate authorities that are trusted: the machine's, and those that the user names.
//!
//! `AWS_CA_BUNDLE`, `ca_bundle` in the AWS profile and `NODE_EXTRA_CA_CERTS` each name a file with PEM certificates,
//! which are trusted beside the machine's own
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html>,
//! <https://nodejs.org/api/cli.html#node_extra_ca_certsfile>). A machine without any, such as a slim container, gets
//! those that Node.js brings along.
//!
//! The HTTP client would panic on a file that it cannot read, and in debug builds on a machine without certificates, so
//! everything is checked here first, and it is given certificates only.

use crate::config::env;
use crate::error::{Error, ErrorCode, Result};
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file with certificates, and where it is named.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CaBundle {
    pub(crate) place: &'static str,
    pub(crate) path: PathBuf,
}

/// Returns the files that the environment and the profile name. `AWS_CA_BUNDLE` takes precedence over the profile's.
pub(crate) fn named_bundles(profile_ca_bundle: Option<&str>) -> Vec<CaBundle> {
    let aws = match env::aws(env::AWS_CA_BUNDLE) {
        Some(path) => Some(CaBundle { place: env::AWS_CA_BUNDLE, path: path.into() }),
        None => profile_ca_bundle.map(|path| CaBundle { place: "ca_bundle of the AWS profile", path: path.into() }),
    };
    let node =
        env::aws(env::NODE_EXTRA_CA_CERTS).map(|path| CaBundle { place: env::NODE_EXTRA_CA_CERTS, path: path.into() });
    aws.into_iter().chain(node).collect()
}

/// The certificates of a machine and of the user's files.
#[derive(Debug, Default)]
pub(crate) struct Certificates {
    der: Vec<CertificateDer<'static>>,
    /// Whether the machine has any of its own.
    pub(crate) has_native: bool,
}

impl Certificates {
    /// Returns the machine's certificates and those of the files.
    ///
    /// # Errors
    /// `InvalidOption`, naming the file and its place, for one that cannot be read or does not hold certificates.
    pub(crate) fn load(bundles: &[CaBundle]) -> Result<Self> {
        let native = machine_certificates();
        let named = bundles.iter().map(read).collect::<Result<Vec<_>>>()?;
        let der = native.iter().cloned().chain(named.into_iter().flatten()).collect();
        Ok(Certificates { der, has_native: !native.is_empty() })
    }

    /// Adds certificates in PEM text, for a machine without any. Those that cannot be used are left out.
    pub(crate) fn add_pem(&mut self, pem: &str) {
        self.der.extend(CertificateDer::pem_slice_iter(pem.as_bytes()).flatten().filter(is_usable));
    }

    /// Returns the settings of the HTTP client.
    ///
    /// # Errors
    /// `Internal` if the client rejects them.
    pub(crate) fn into_tls_context(self) -> Result<TlsContext> {
        let pem = self.der.iter().fold(String::new(), |mut pem, der| {
            // Writing to a string does not fail.
            let _ = write!(
                pem,
                "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                BASE64_STANDARD.encode(der)
            );
            pem
        });
        let trust_store = TrustStore::empty().with_pem_certificate(pem.into_bytes());
        TlsContext::builder()
            .with_trust_store(trust_store)
            .build()
            .map_err(|error| Error::new(ErrorCode::Internal, format!("setting up TLS failed: {error}")))
    }
}

/// The variables that name the machine's certificates, as `rustls-native-certs` reads them.
const MACHINE_VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Certificates with the values of the variables by which they were found.
type Read = ([Option<OsString>; 2], Arc<[CertificateDer<'static>]>);

/// Returns the machine's certificates. Reading them takes milliseconds, on macOS up to 300, so it is done once. It is done
/// again after none were found, or with other values of the variables.
pub(crate) fn machine_certificates() -> Arc<[CertificateDer<'static>]> {
    static LAST: Mutex<Option<Read>> = Mutex::new(None);
    // A second caller waits for the result of the first one.
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let variables = MACHINE_VARIABLES.map(std::env::var_os);
    if let Some((of, certificates)) = &*last
        && *of == variables
        && !certificates.is_empty()
    {
        return certificates.clone();
    }
    let native = rustls_native_certs::load_native_certs().certs.into_iter();
    let certificates: Arc<[_]> = native.filter(is_usable).collect();
    *last = Some((variables, certificates.clone()));
    certificates
}

fn is_usable(certificate: &CertificateDer<'static>) -> bool {
    RootCertStore::empty().add(certificate.clone()).is_ok()
}

fn read(bundle: &CaBundle) -> Result<Vec<CertificateDer<'static>>> {
    let invalid = |problem: &str| {
        let message = format!("{} {problem}: {}", bundle.place, bundle.path.display());
        Error::new(ErrorCode::InvalidOption, message)
            .hint("Name a file with certificates in PEM format, or remove the setting")
    };
    let bytes =
        crate::fs::read(Path::new(&bundle.path)).map_err(|error| invalid(&format!("cannot be read ({error})")))?;
    // Some editors of Windows begin a file with this mark.
    let pem = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    let parsed: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let certificates = parsed.map_err(|_| invalid("is not a valid PEM file"))?;
    if certificates.is_empty() {
        return Err(invalid("does not contain certificates"));
    }
    if !certificates.iter().all(is_usable) {
        return Err(invalid("contains a certificate that cannot be used"));
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_bundle_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let error = |content: Option<&str>| {
            match content {
                Some(content) => std::fs::write(&path, content).unwrap(),
                None => drop(std::fs::remove_file(&path)),
            }
            Certificates::load(&[CaBundle { place: "AWS_CA_BUNDLE", path: path.clone() }]).unwrap_err()
        };
        let not_a_certificate = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        let cut = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n";
        for content in [None, Some(""), Some("garbage"), Some(not_a_certificate), Some(cut)] {
            let error = error(content);
            assert_eq!(error.code, ErrorCode::InvalidOption);
            assert!(error.message.contains("AWS_CA_BUNDLE") && error.message.contains("ca.pem"), "{error}");
        }
        let directory = Certificates::load(&[CaBundle { place: "AWS_CA_BUNDLE", path: folder.path().into() }]);
        assert!(directory.unwrap_err().message.contains("cannot be read"));
    }

    #[test]
    fn a_machine_without_certificates_can_be_given_some() {
        let mut certificates = Certificates::default();
        certificates.add_pem("garbage");
        assert!(certificates.der.is_empty() && certificates.into_tls_context().is_ok());
    }
}
