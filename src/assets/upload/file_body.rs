//! The content of a request, read from its file while it is being sent: what is in memory does not grow with the files.
//!
//! S3 is told the MD5 that the content must have, and refuses any other. So nothing is read or hashed again before it
//! is sent, and a file that changes meanwhile is not taken for what it was.

use crate::aws;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::{ByteStream, Length};
use std::path::Path;

/// What is read at once.
const BUFFER: usize = 128 * 1024;

/// A stretch of a file.
pub(crate) async fn stretch(source: &Path, start: u64, size: u64) -> std::io::Result<ByteStream> {
    ByteStream::read_from()
        .path(source)
        .offset(start)
        .length(Length::Exact(size))
        .buffer_size(BUFFER)
        .build()
        .await
        .map_err(std::io::Error::other)
}

/// Whether S3 received something else than what the MD5 was computed of.
pub(crate) fn is_other_content<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    aws::Refusal::of(error).code == "BadDigest"
}
