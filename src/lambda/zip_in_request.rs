//! Sends the package within a request to Lambda without holding it in memory: its Base64 text, a third longer than the
//! package, is made from the file while it is sent.

use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_sdk_lambda::config::interceptors::BeforeTransmitInterceptorContextMut;
use aws_sdk_lambda::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_lambda::error::BoxError;
use aws_sdk_lambda::primitives::{Blob, SdkBody};
use aws_sigv4::http_request::SignableBody;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{Error, ErrorKind, Read, Result};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Stands for the package in the request, until it is serialized.
const PLACEHOLDER: &[u8] = b"the package, which litexa-deploy-aws reads while it is sent";

/// The bytes of the file that become one piece of the body: a multiple of 3, so that only the last one is padded.
const PIECE_BYTES: usize = 192 * 1024;

/// The package, as an interceptor of the request that it is sent with.
#[derive(Clone, Debug)]
pub(crate) struct ZipInRequest {
    path: Arc<Path>,
    size: u64,
}

impl ZipInRequest {
    pub(crate) fn new(path: &Path, size: u64) -> Self {
        ZipInRequest { path: path.into(), size }
    }

    /// Returns what the request holds in the place of the package.
    pub(crate) fn placeholder() -> Blob {
        Blob::new(PLACEHOLDER)
    }

    /// Returns the request's body with the package in place of the placeholder, if it has one.
    fn body(&self, json: &[u8]) -> Option<ZipBody> {
        let placeholder = STANDARD.encode(PLACEHOLDER);
        let start = json.windows(placeholder.len()).position(|part| part == placeholder.as_bytes())?;
        let (before, after) = (json.get(..start)?, json.get(start + placeholder.len()..)?);
        Some(ZipBody {
            path: self.path.clone(),
            before: Some(Bytes::copy_from_slice(before)),
            file: None,
            zip_left: self.size,
            after: Some(Bytes::copy_from_slice(after)),
        })
    }
}

impl Intercept for ZipInRequest {
    fn name(&self) -> &'static str {
        "ZipInRequest"
    }

    /// Each attempt begins with a request that was serialized anew, in which the order of variables may be another one.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> std::result::Result<(), BoxError> {
        let request = context.request_mut();
        let Some(body) = request.body().bytes().and_then(|json| self.body(json)) else { return Ok(()) };
        let mut signing = config.load::<SigV4OperationSigningConfig>().cloned().unwrap_or_default();
        signing.signing_options.payload_override = Some(SignableBody::Precomputed(body.sha256()?));
        config.interceptor_state().store_put(signing);
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from_body_1_x(body);
        Ok(())
    }
}

/// The JSON text of a request, with the Base64 text of the package in it.
struct ZipBody {
    path: Arc<Path>,
    before: Option<Bytes>,
    file: Option<File>,
    /// The bytes of the package that are not sent yet.
    zip_left: u64,
    after: Option<Bytes>,
}

impl ZipBody {
    fn len(&self) -> u64 {
        let text = |part: &Option<Bytes>| part.as_ref().map_or(0, |part| part.len() as u64);
        text(&self.before) + self.zip_left.div_ceil(3) * 4 + text(&self.after)
    }

    /// Returns the next piece; `None` at the end. The package was written a moment ago, so that reading it does not wait
    /// for a disk.
    fn next_piece(&mut self) -> Result<Option<Bytes>> {
        if let Some(before) = self.before.take() {
            return Ok(Some(before));
        }
        if self.zip_left > 0 {
            return self.next_of_zip().map(Some);
        }
        Ok(self.after.take())
    }

    fn next_of_zip(&mut self) -> Result<Bytes> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(File::open(&self.path)?),
        };
        let size = usize::try_from(self.zip_left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        let mut piece = vec![0; size];
        file.read_exact(&mut piece)?;
        self.zip_left -= size as u64;
        // A longer file would be another package.
        if self.zip_left == 0 && file.read(&mut [0])? > 0 {
            return Err(Error::new(ErrorKind::InvalidData, "the package was changed while it was sent"));
        }
        Ok(STANDARD.encode(piece).into())
    }

    /// Returns the digest of the whole body, in hexadecimal digits.
    fn sha256(&self) -> Result<String> {
        let mut body = ZipBody {
            before: self.before.clone(),
            after: self.after.clone(),
            file: None,
            path: self.path.clone(),
            ..*self
        };
        let mut sha256 = Sha256::new();
        while let Some(piece) = body.next_piece()? {
            sha256.update(&piece);
        }
        Ok(hex::encode(sha256.finalize()))
    }
}

impl Body for ZipBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>>>> {
        Poll::Ready(self.next_piece().map(|piece| piece.map(Frame::data)).transpose())
    }

    fn is_end_stream(&self) -> bool {
        self.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the body that is sent for a package, as text, and the digest that is signed.
    fn sent(package: &[u8]) -> (String, String, u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lambda.zip");
        std::fs::write(&path, package).unwrap();
        let json = format!(r#"{{"Publish":true,"ZipFile":"{}"}}"#, STANDARD.encode(PLACEHOLDER));
        let mut body = ZipInRequest::new(&path, package.len() as u64).body(json.as_bytes()).unwrap();
        let (sha256, length) = (body.sha256().unwrap(), body.len());
        let mut text = Vec::new();
        while let Some(piece) = body.next_piece().unwrap() {
            text.extend_from_slice(&piece);
        }
        (String::from_utf8(text).unwrap(), sha256, length)
    }

    #[test]
    fn the_package_is_sent_as_base64_in_pieces() {
        for size in [0, 1, 2, 3, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES + 5] {
            let package: Vec<u8> = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
            let (text, sha256, length) = sent(&package);
            assert_eq!(text, format!(r#"{{"Publish":true,"ZipFile":"{}"}}"#, STANDARD.encode(&package)), "{size}");
            assert_eq!(sha256, hex::encode(Sha256::digest(text.as_bytes())));
            assert_eq!(length, text.len() as u64);
        }
    }

    #[test]
    fn a_package_that_has_changed_is_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lambda.zip");
        std::fs::write(&path, "longer than it was").unwrap();
        for size in [4, 400] {
            let json = format!(r#"{{"ZipFile":"{}"}}"#, STANDARD.encode(PLACEHOLDER));
            assert!(ZipInRequest::new(&path, size).body(json.as_bytes()).unwrap().sha256().is_err());
        }
    }

    #[test]
    fn a_request_without_a_package_stays_as_it_is() {
        assert!(ZipInRequest::new(Path::new("none"), 4).body(br#"{"S3Key":"x"}"#).is_none());
    }
}
