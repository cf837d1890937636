//! Declares every option once.
//!
//! The tables are plain values. `config/object_reader.rs` reads options by them; `litexa.config.schema.json` is
//! generated from them, and from that file the TypeScript types, `docs/options.md` and the list of keys in the
//! JavaScript layer.

pub(crate) mod date;
pub(crate) mod declaration;
mod docs;
pub(crate) mod formats;
pub(crate) mod lambda;
mod lambda_formats;
pub(crate) mod target;
pub(crate) mod upload_params;

#[cfg(test)]
mod json_schema;
#[cfg(test)]
pub(crate) mod samples;
