//! Creates the bucket, and makes the assets in it readable for Alexa.
//!
//! Alexa's devices read assets anonymously, so the assets are public; the list of objects is not. Only a bucket that
//! this module creates is configured, and only as far as the kind of public access needs. The settings of an existing
//! bucket are left unchanged.

pub(crate) mod bucket_setup;
pub(crate) mod change;
pub(crate) mod policy;
pub(crate) mod read_probe;
pub(crate) mod statement;
