//! Lists the objects under a prefix of the bucket.

use crate::assets::etag;
use crate::assets::remote::Remote;
use crate::aws::CallError;
use crate::aws::s3::next_page;
use aws_sdk_s3::types::EncodingType;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Keys in one answer of ListObjectsV2.
/// See <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>.
const PAGE_KEYS: usize = 1000;

/// Key ranges that are listed at the same time.
const CONCURRENCY: usize = 16;

/// The objects that exist: their keys, and their ETags without quotes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RemoteObjects(HashMap<String, String>);

impl RemoteObjects {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn etag(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the objects of both listings.
    pub(crate) fn merge(mut self, other: RemoteObjects) -> Self {
        self.0.extend(other.0);
        self
    }

    #[cfg(test)]
    pub(crate) fn of(objects: &[(&str, &str)]) -> Self {
        RemoteObjects(objects.iter().map(|(key, etag)| ((*key).to_owned(), (*etag).to_owned())).collect())
    }
}

/// Lists all objects of a prefix.
///
/// A page is requested by the key at which the previous one ends, so the pages of a listing follow one another.
/// `expected`, the keys that probably exist, in the order in which S3 sorts them, gives about where the pages end, so
/// that they can be requested concurrently. Objects with other keys are listed as well.
pub(crate) async fn list(remote: &Remote<'_>, prefix: &str, expected: &[String]) -> Result<RemoteObjects, CallError> {
    let ranges: Vec<_> = key_ranges(expected).into_iter().map(|range| list_range(remote, prefix, range)).collect();
    let objects: Vec<_> = stream::iter(ranges).buffer_unordered(CONCURRENCY).try_collect().await?;
    Ok(RemoteObjects(objects.into_iter().flatten().collect()))
}

/// The keys after `after`, up to and including `last`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct KeyRange<'k> {
    after: Option<&'k str>,
    last: Option<&'k str>,
}

/// Divides all keys into ranges of one page of expected keys each.
fn key_ranges(expected: &[String]) -> Vec<KeyRange<'_>> {
    let mut ends: Vec<&str> = expected.chunks(PAGE_KEYS).filter_map(|page| page.last().map(String::as_str)).collect();
    // The last range has no end, since there may be more keys than the expected ones.
    ends.pop();
    let starts = std::iter::once(None).chain(ends.iter().copied().map(Some));
    let ends = ends.iter().copied().map(Some).chain([None]);
    starts.zip(ends).map(|(after, last)| KeyRange { after, last }).collect()
}

async fn list_range(
    remote: &Remote<'_>,
    prefix: &str,
    KeyRange { after, last }: KeyRange<'_>,
) -> Result<Vec<(String, String)>, CallError> {
    let bucket = &remote.bucket.name;
    let request = remote.s3.list_objects_v2().bucket(bucket).prefix(prefix).set_start_after(after.map(str::to_owned));
    let request = request.encoding_type(EncodingType::Url);
    let operation = format!("listing the objects of {bucket}/{prefix}");
    let (mut objects, mut token) = (Vec::new(), None);
    loop {
        let send = || request.clone().set_continuation_token(token.clone()).send();
        let page = remote.call(operation.as_str(), "s3:ListBucket").send(send).await?;
        for object in page.contents.unwrap_or_default() {
            let (Some(key), Some(etag)) = (object.key, object.e_tag) else { continue };
            let key = listed_key(key, page.encoding_type.as_ref());
            let position = last.map_or(Ordering::Less, |last| key.as_str().cmp(last));
            // Greater keys belong to the next range.
            if position != Ordering::Greater {
                objects.push((key, etag::unquoted(&etag).to_owned()));
            }
            if position != Ordering::Less {
                return Ok(objects);
            }
        }
        let next = page.next_continuation_token.filter(|token| !token.is_empty());
        token = next_page(&operation, token.as_ref(), (page.is_truncated, next))?;
        if token.is_none() {
            return Ok(objects);
        }
    }
}

/// Returns the key of a listing that was requested with `encoding-type=url`, since XML cannot hold every key. `encoding` is
/// that of the answer: S3-compatible services may not encode keys.
/// See <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>.
pub(crate) fn listed_key(key: String, encoding: Option<&EncodingType>) -> String {
    match encoding {
        // As forms are encoded: a `+` of the key itself is encoded. Keys of assets are the same.
        Some(EncodingType::Url) if key.contains(['+', '%']) => {
            percent_encoding::percent_decode_str(&key.replace('+', " ")).decode_utf8_lossy().into_owned()
        }
        _ => key,
    }
}

/// The markers of a page of versions or uploads: a key, and an ID of that key.
pub(crate) type Markers = (String, Option<String>);

/// Returns the markers of the next page, as a listing with `encoding-type=url` names them.
pub(crate) fn next_markers(
    (key, id): (Option<String>, Option<String>),
    encoding: Option<&EncodingType>,
) -> Option<Markers> {
    let key = key.filter(|key| !key.is_empty()).map(|key| listed_key(key, encoding))?;
    Some((key, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_keys_are_decoded() {
        let decoded = ["a+b%2Bc", "x%EF%BF%BE.jpg", "cats/%F0%9F%90%88%2541", "tab%09%10", "cats/a-b_c.png"]
            .map(|key| listed_key(key.to_owned(), Some(&EncodingType::Url)));
        assert_eq!(decoded, ["a b+c", "x\u{fffe}.jpg", "cats/\u{1f408}%41", "tab\t\u{10}", "cats/a-b_c.png"]);
        assert_eq!(listed_key("a+b%2Bc".to_owned(), None), "a+b%2Bc");
    }

    #[test]
    fn key_ranges_cover_all_keys_without_gap_or_overlap() {
        let all = KeyRange { after: None, last: None };
        assert_eq!(key_ranges(&[]), [all]);
        let keys: Vec<String> = (0..2500).map(|number| format!("{number:04}")).collect();
        assert_eq!(key_ranges(&keys[..1000]), [all]);
        assert_eq!(
            key_ranges(&keys),
            [
                KeyRange { after: None, last: Some("0999") },
                KeyRange { after: Some("0999"), last: Some("1999") },
                KeyRange { after: Some("1999"), last: None },
            ]
        );
    }
}
