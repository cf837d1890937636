//! One value of the options together with the key that names it in errors.

use crate::assets::upload_params::date;
use crate::error::{Error, ErrorCode, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A value and where it stands: `s3Configuration.uploadParams[2].params.CacheControl`.
///
/// `null` is a setting that is not made, as in AWS' SDK for JavaScript.
pub(super) struct Setting<'a> {
    pub(crate) key: String,
    pub(crate) value: &'a Value,
}

/// S3's limit for the names and values of an object's own metadata together, in bytes.
const METADATA_BYTES: usize = 2048;
/// S3's limit for an object's tags.
const TAGS: usize = 10;

impl Setting<'_> {
    /// An error that names the key.
    pub(crate) fn error(&self, problem: impl AsRef<str>) -> Error {
        Error::new(ErrorCode::InvalidOption, format!("{} {}", self.key, problem.as_ref()))
    }

    fn wrong_type(&self, wanted: &str) -> Error {
        self.error(format!("is {}, and has to be {wanted}", described(self.value)))
    }

    pub(crate) fn flag(&self) -> Result<Option<bool>> {
        match self.value {
            Value::Null => Ok(None),
            Value::Bool(flag) => Ok(Some(*flag)),
            _ => Err(self.wrong_type("true or false")),
        }
    }

    /// A whole number above zero.
    pub(crate) fn count(&self) -> Result<Option<i32>> {
        match self.value {
            Value::Null => Ok(None),
            Value::Number(number) => match number.as_i64().and_then(|whole| i32::try_from(whole).ok()) {
                Some(count) if count > 0 => Ok(Some(count)),
                _ => Err(self.wrong_type("a whole number above zero")),
            },
            _ => Err(self.wrong_type("a number")),
        }
    }

    /// A text that is sent as an HTTP header.
    pub(crate) fn header(&self) -> Result<Option<String>> {
        match self.value {
            Value::Null => Ok(None),
            Value::String(text) => self.fit_for_header(text).map(|()| Some(text.clone())),
            _ => Err(self.wrong_type("a string")),
        }
    }

    /// Headers are ASCII, and a line break in one would start another one.
    fn fit_for_header(&self, text: &str) -> Result<()> {
        if text.trim().is_empty() {
            return Err(self.error("is empty").hint("Remove it, or give it a value"));
        }
        match text.chars().find(|c| !matches!(c, ' '..='~' | '\t')) {
            Some(odd) => Err(self
                .error(format!("holds {odd:?}, which no HTTP header can carry"))
                .hint("Use ASCII, and percent-encode what is not")),
            None => Ok(()),
        }
    }

    pub(crate) fn one_of(&self, values: &[&str]) -> Result<Option<String>> {
        let Some(text) = self.header()? else { return Ok(None) };
        if values.contains(&text.as_str()) {
            return Ok(Some(text));
        }
        Err(self.error(format!("is '{text}', and has to be one of {}", values.join(", "))))
    }

    /// An account's twelve digits. A number would lose its leading zeros.
    pub(crate) fn account(&self) -> Result<Option<String>> {
        let Some(text) = self.header()? else { return Ok(None) };
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Some(text));
        }
        Err(self.error(format!("is '{text}', and has to be an account's twelve digits in quotes")))
    }

    /// `id="…"`, `uri="…"` or `emailAddress="…"`, several with commas between them.
    pub(crate) fn grant(&self) -> Result<Option<String>> {
        let Some(text) = self.header()? else { return Ok(None) };
        let known = |grantee: &str| {
            matches!(grantee.split_once('='), Some((kind, who))
                if ["id", "uri", "emailAddress"].contains(&kind.trim()) && !who.trim().is_empty())
        };
        if text.split(',').all(known) {
            return Ok(Some(text));
        }
        Err(self.error(format!("is '{text}', and has to name grantees as in id=\"…\" or uri=\"…\"")))
    }

    pub(crate) fn redirect(&self) -> Result<Option<String>> {
        let Some(text) = self.header()? else { return Ok(None) };
        if ["/", "http://", "https://"].iter().any(|start| text.starts_with(start)) {
            return Ok(Some(text));
        }
        Err(self.error(format!("is '{text}', and has to start with /, http:// or https://")))
    }

    pub(crate) fn date(&self) -> Result<Option<i64>> {
        let seconds = match self.value {
            Value::Null => return Ok(None),
            Value::Number(number) => date::from_number(number.as_f64().unwrap_or(f64::NAN)),
            Value::String(text) => date::from_text(text),
            _ => return Err(self.wrong_type("a date")),
        };
        seconds.map(Some).map_err(|reason| {
            self.error(format!("is {}, and {reason}", described(self.value)))
                .hint("Write an ISO date (2030-01-31T12:00:00Z), an HTTP date, or seconds since 1970")
        })
    }

    /// An object's own metadata: names and values, all of them strings, as AWS' SDK for JavaScript demanded it.
    pub(crate) fn metadata(&self) -> Result<Option<BTreeMap<String, String>>> {
        let fields = match self.value {
            Value::Null => return Ok(None),
            Value::Object(fields) => fields,
            _ => return Err(self.wrong_type("an object of strings")),
        };
        let mut metadata = BTreeMap::new();
        for (name, value) in fields {
            let field = Setting { key: format!("{}.{name}", self.key), value };
            if name.is_empty() || !name.chars().all(in_header_name) {
                return Err(field.error("has a name that no HTTP header can have").hint("Use letters, digits and -"));
            }
            // S3 keeps the names in lower case; told here, `Title` and `title` are seen to be the same.
            if let Some(text) = field.header()?
                && metadata.insert(name.to_ascii_lowercase(), text).is_some()
            {
                return Err(field.error("is there twice: S3 does not tell upper from lower case"));
            }
        }
        let bytes: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes > METADATA_BYTES {
            return Err(self.error(format!("has {bytes} bytes, and S3 takes {METADATA_BYTES}")));
        }
        Ok((!metadata.is_empty()).then_some(metadata))
    }

    /// `name=value&name=value`, encoded as in a URL's query.
    pub(crate) fn tagging(&self) -> Result<Option<String>> {
        let form = "Write it as in \"project=cats&stage=beta\", encoded as in a URL";
        let text = match self.value {
            Value::Object(_) | Value::Array(_) => return Err(self.wrong_type("a string").hint(form)),
            _ => self.header()?,
        };
        let Some(text) = text else { return Ok(None) };
        let names: Vec<&str> = text.split('&').map(|tag| tag.split('=').next().unwrap_or(tag)).collect();
        if names.iter().any(|name| name.is_empty()) {
            return Err(self.error("has a tag without a name").hint(form));
        }
        if names.len() > TAGS {
            return Err(self.error(format!("has {} tags, and S3 takes {TAGS}", names.len())));
        }
        if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
            return Err(self.error("has two tags of one name"));
        }
        Ok(Some(text))
    }
}

/// RFC 9110's token characters.
fn in_header_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// A value as an error shows it: short, and by its kind.
pub(super) fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_string(),
        Value::Bool(flag) => format!("{flag}"),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("'{text}'"),
        Value::Array(_) => "a list".to_string(),
        Value::Object(_) => "an object".to_string(),
    }
}
