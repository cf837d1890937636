//! Streams a range of a file as the body of a request, so that memory does not grow with the size of the files.
//!
//! The Content-MD5 of each request is that of the digest, so S3 rejects (BadDigest) content that has changed since the
//! file was hashed: no mixed version is ever stored, and no file is hashed again before it is sent.

use crate::assets::etag::{self, Digest};
use crate::assets::object::DesiredObject;
use crate::aws::CallError;
use crate::error::{Error, ErrorCode, Result};
use aws_sdk_s3::primitives::{ByteStream, Length};

/// The bytes of a file that are read at once. Each time takes a switch between threads: with half of it, a large file takes 4 %
/// longer. A request has about five of them: of the file, of the stream, and in the queue of its connection.
const READ_BUFFER_BYTES: usize = 256 * 1024;

/// Opens `size` bytes of the object's file, from the offset `start`.
///
/// # Errors
/// `FileError`, if the file cannot be opened or has become shorter.
pub(super) async fn file_range(object: &DesiredObject<'_>, start: u64, size: u64) -> Result<ByteStream> {
    let buffer_size = usize::try_from(size).unwrap_or(READ_BUFFER_BYTES).clamp(1, READ_BUFFER_BYTES);
    let body = ByteStream::read_from()
        .path(object.source)
        .offset(start)
        .length(Length::Exact(size))
        .buffer_size(buffer_size)
        .build()
        .await;
    match body {
        Ok(body) => Ok(body),
        Err(_) if is_truncated(object, start + size).await => Err(modified_during_upload(object)),
        Err(error) => Err(unreadable(object)
            .unwrap_or_else(|| Error::io("reading the asset", object.source, &std::io::Error::other(error)))),
    }
}

/// Returns the error of a file that cannot be read anymore. A request whose body fails does not name it.
pub(super) fn unreadable(object: &DesiredObject<'_>) -> Option<Error> {
    let cause = crate::fs::open(object.source).err()?;
    Some(Error::io("reading the asset", object.source, &cause).hint("Deploy again when the file is there"))
}

/// Returns whether S3 received other content than that of the digest.
pub(super) fn is_bad_digest(error: &CallError) -> bool {
    error.is("BadDigest")
}

/// Returns whether the file has become shorter than `size` bytes.
pub(super) async fn is_truncated(object: &DesiredObject<'_>, size: u64) -> bool {
    tokio::fs::metadata(object.source).await.is_ok_and(|file| file.len() < size)
}

/// Returns the digest of the file as it is now.
///
/// # Errors
/// `FileError`, if the file cannot be read.
pub(super) async fn hash_now(object: &DesiredObject<'_>) -> Result<Digest> {
    let source = object.source.to_owned();
    let hashing = tokio::task::spawn_blocking(move || etag::hash_file(&source));
    let digest = hashing.await.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
    digest.map_err(|error| Error::io("reading the asset", object.source, &error))
}

pub(super) fn modified_during_upload(object: &DesiredObject<'_>) -> Error {
    let message = format!("the asset {} was modified during the deployment", object.source.display());
    Error::new(ErrorCode::FileError, message).hint("Deploy again")
}
