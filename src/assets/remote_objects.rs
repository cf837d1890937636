//! The objects that are there, under one prefix.

use crate::aws;
use crate::error::Result;
use aws_sdk_s3::Client;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Key to ETag, without its quotes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Listing(HashMap<String, String>);

impl Listing {
    pub(crate) fn etag(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    #[cfg(test)]
    pub(crate) fn of(objects: &[(&str, &str)]) -> Self {
        Listing(objects.iter().map(|(key, etag)| (key.to_string(), etag.to_string())).collect())
    }
}

impl Listing {
    /// Both listings in one.
    pub(crate) fn and(mut self, other: Listing) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// As many objects as S3 shows at once.
const PAGE: usize = 1000;

/// Stretches that are read at the same time.
const CONCURRENCY: usize = 16;

/// Lists all objects of a prefix.
///
/// A page is asked for by where the one before it ended, so many pages take as many round trips. `expected`, the keys
/// that are likely to be there, sorted as S3 sorts them, tells beforehand about where pages will end: they are asked
/// for side by side. What else is there is found all the same.
pub(crate) async fn read(s3: &Client, bucket: &str, prefix: &str, expected: &[String]) -> Result<Listing> {
    let readings: Vec<_> =
        stretches(expected).into_iter().map(|stretch| read_stretch(s3, bucket, prefix, stretch)).collect();
    let objects: Vec<_> = stream::iter(readings).buffer_unordered(CONCURRENCY).try_collect().await?;
    Ok(Listing(objects.into_iter().flatten().collect()))
}

/// Keys behind `after`, up to `last` and with it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch<'k> {
    after: Option<&'k str>,
    last: Option<&'k str>,
}

/// All keys there may be, cut behind every page of expected ones.
fn stretches(expected: &[String]) -> Vec<Stretch<'_>> {
    let mut ends: Vec<&str> = expected.chunks(PAGE).filter_map(|page| page.last().map(String::as_str)).collect();
    // The last stretch is open: there may be more keys than are expected.
    ends.pop();
    let starts = std::iter::once(None).chain(ends.iter().copied().map(Some));
    let ends = ends.iter().copied().map(Some).chain([None]);
    starts.zip(ends).map(|(after, last)| Stretch { after, last }).collect()
}

async fn read_stretch(
    s3: &Client,
    bucket: &str,
    prefix: &str,
    Stretch { after, last }: Stretch<'_>,
) -> Result<Vec<(String, String)>> {
    let request = s3.list_objects_v2().bucket(bucket).prefix(prefix).set_start_after(after.map(str::to_owned));
    let mut pages = request.into_paginator().send();
    let mut objects = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| {
            aws::refused(&format!("listing the objects of {bucket}/{prefix}"), "s3:ListBucket", &error)
        })?;
        for object in page.contents.unwrap_or_default() {
            let (Some(key), Some(etag)) = (object.key, object.e_tag) else { continue };
            match last.map_or(Ordering::Less, |last| key.as_str().cmp(last)) {
                Ordering::Less => objects.push((key, unquoted(&etag))),
                Ordering::Equal => {
                    objects.push((key, unquoted(&etag)));
                    return Ok(objects);
                }
                // The next stretch begins here.
                Ordering::Greater => return Ok(objects),
            }
        }
    }
    Ok(objects)
}

fn unquoted(etag: &str) -> String {
    etag.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_meet_without_gap_or_overlap() {
        let whole = Stretch { after: None, last: None };
        assert_eq!(stretches(&[]), [whole]);
        let keys: Vec<String> = (0..2500).map(|number| format!("{number:04}")).collect();
        assert_eq!(stretches(&keys[..1000]), [whole]);
        assert_eq!(
            stretches(&keys),
            [
                Stretch { after: None, last: Some("0999") },
                Stretch { after: Some("0999"), last: Some("1999") },
                Stretch { after: Some("1999"), last: None },
            ]
        );
    }
}
