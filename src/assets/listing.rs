//! The objects that are there, under one prefix.

use crate::aws;
use crate::error::Result;
use aws_sdk_s3::Client;
use std::collections::HashMap;

/// Key to ETag, without its quotes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing(HashMap<String, String>);

impl Listing {
    pub fn etag(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    #[cfg(test)]
    pub fn of(objects: &[(&str, &str)]) -> Self {
        Listing(objects.iter().map(|(key, etag)| (key.to_string(), etag.to_string())).collect())
    }
}

impl Listing {
    /// Both listings in one.
    pub fn and(mut self, other: Listing) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// Lists all objects of a prefix, page by page.
pub async fn read(s3: &Client, bucket: &str, prefix: &str) -> Result<Listing> {
    let mut objects = s3.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
    let mut listing = HashMap::new();
    while let Some(page) = objects.next().await {
        let page = page.map_err(|error| {
            aws::refused(&format!("listing the objects of {bucket}/{prefix}"), "s3:ListBucket", &error)
        })?;
        for object in page.contents.unwrap_or_default() {
            if let (Some(key), Some(etag)) = (object.key, object.e_tag) {
                listing.insert(key, etag.trim_matches('"').to_owned());
            }
        }
    }
    Ok(Listing(listing))
}
