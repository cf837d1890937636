//! Reaches S3: the clients, the bucket of a deployment target, and its name.

mod bucket;
pub(crate) mod bucket_name;
mod client;
mod owner;
mod pages;
mod provider;
pub(crate) mod request_params;

pub(crate) use bucket::{Bucket, BucketLookup, BucketStatus};
pub(crate) use client::with_timeout_for;
pub(crate) use owner::{ExpectedOwner, belongs_to};
pub(crate) use pages::next_page;
pub(crate) use request_params::RequestParams;
