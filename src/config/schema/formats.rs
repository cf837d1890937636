//! The forms of strings and maps that options accept.

use super::declaration::{Format, MapFormat, MapValues};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

pub(crate) const ANY: Format =
    Format { pattern: "", except: &[], help: "", is_unset_if_empty: false, check: |_| Ok(()) };

/// A string for which Litexa's templates have an empty one.
pub(crate) const OR_EMPTY: Format = Format { is_unset_if_empty: true, ..ANY };

/// See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>. Checked with the error code
/// `INVALID_BUCKET_NAME` when a bucket is used.
pub(crate) const BUCKET_NAME: Format = Format {
    pattern: r"^$|^(?!xn--|sthree-)(?!.*(\.[.-]|-\.))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
    help: "A bucket name has 3 to 63 characters: lowercase letters, digits, hyphens and dots. It begins and ends with a letter or digit",
    ..OR_EMPTY
};

/// Checked when the region is resolved, as are those from other sources.
pub(crate) const REGION: Format = Format {
    pattern: "^([a-z0-9]+(-[a-z0-9]+){2,})?$",
    help: "Write the name of a region, such as us-east-1",
    ..OR_EMPTY
};

/// A name or an ARN. See
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>.
pub(crate) const LOG_GROUP: Format = Format {
    pattern: r"^(arn:aws[a-z-]*:logs:[a-z0-9-]+:[0-9]{12}:log-group:[.\-_/#A-Za-z0-9]{1,512}(:\*)?|[.\-_/#A-Za-z0-9]{1,512})$",
    help: "Write the name of a log group, which has 1 to 512 letters, digits and . - _ / #, or its ARN",
    check: |text| expect(is_log_group(text), "the name or ARN of a log group", text),
    ..ANY
};

fn is_log_group(text: &str) -> bool {
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let ["arn", partition, "logs", region, account, resource] = parts[..] else { return is_log_group_name(text) };
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let name = resource.strip_prefix("log-group:").unwrap_or_default();
    partition.strip_prefix("aws").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        && is_part(region)
        && is_account_id(account)
        && is_log_group_name(name.strip_suffix(":*").unwrap_or(name))
}

/// Returns whether this can be the name of a log group.
pub(super) fn is_log_group_name(text: &str) -> bool {
    text.len() <= 512 && is_word(text, |byte| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte))
}

pub(crate) const POLICY_ARN: Format = Format {
    pattern: "^arn:",
    help: "Write the ARN of a managed policy",
    check: |text| expect(text.starts_with("arn:"), "the ARN of a managed policy", text),
    ..ANY
};

/// The policy belongs to an account, or to AWS (`aws` in the place of the account).
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>.
pub(crate) const BOUNDARY_ARN: Format = Format {
    pattern: r"^arn:aws(-[a-z]+)*:iam::([0-9]{12}|aws):policy/[!-~]+$",
    help: "Write the ARN of the managed policy, such as arn:aws:iam::123456789012:policy/litexa-boundary",
    check: |text| expect(is_policy_arn(text), "the ARN of a managed policy", text),
    ..ANY
};

fn is_policy_arn(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (arn, partition, service, region, account, resource) = (next(), next(), next(), next(), next(), next());
    let words: Vec<&str> = partition.split('-').collect();
    let is_word = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_account = account == "aws" || is_account_id(account);
    let name = resource.strip_prefix("policy/").unwrap_or_default();
    (arn, service, region) == ("arn", "iam", "")
        && words.first() == Some(&"aws")
        && words.iter().all(is_word)
        && is_account
        && !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_graphic())
}

/// The limits of AWS's services for tags have this in common.
/// See <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>.
const MAX_RESOURCE_TAGS: usize = 50;
const MAX_TAG_NAME_CHARACTERS: usize = 128;
const MAX_TAG_VALUE_CHARACTERS: usize = 256;

const TAG_NAME: Format = Format {
    pattern: r"^(?![aA][wW][sS]:)[\p{L}\p{Z}\p{N}_.:/=+@-]{1,128}$",
    help: "The name of a tag has up to 128 letters, digits, spaces and _ . : / = + - @, and does not begin with aws:",
    check: |name| {
        let is_reserved = name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
        if !name.is_empty() && !is_reserved && is_tag_text(name, MAX_TAG_NAME_CHARACTERS) {
            return Ok(());
        }
        Err("is not a valid name for a tag".into())
    },
    ..ANY
};

const TAG_VALUE: Format = Format {
    pattern: r"^[\p{L}\p{Z}\p{N}_.:/=+@-]{0,256}$",
    help: "The value of a tag has up to 256 letters, digits, spaces and _ . : / = + - @",
    check: |value| expect(is_tag_text(value, MAX_TAG_VALUE_CHARACTERS), "the value of a tag", value),
    ..ANY
};

fn is_tag_text(text: &str, max_characters: usize) -> bool {
    let is_allowed = |c: char| {
        c.is_alphanumeric()
            || c.is_whitespace() && !c.is_control()
            || matches!(c, '_' | '.' | ':' | '/' | '=' | '+' | '@' | '-')
    };
    text.chars().count() <= max_characters && text.chars().all(is_allowed)
}

pub(crate) const RESOURCE_TAGS: MapFormat = MapFormat {
    names: Some(&TAG_NAME),
    values: MapValues::OptionalStrings(&TAG_VALUE),
    finish: |tags| match tags.len() {
        0..=MAX_RESOURCE_TAGS => Ok(Value::Object(tags)),
        number => Err(format!("must have at most {MAX_RESOURCE_TAGS} tags, but has {number}")),
    },
    ..ANYTHING
};

/// The name of an attribute of DynamoDB.
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TimeToLiveSpecification.html>.
pub(crate) const ATTRIBUTE: Format = Format {
    pattern: r"^[\s\S]{0,255}$",
    help: "Shorten it",
    check: |name| expect(name.chars().count() <= 255, "a name of up to 255 characters", name),
    ..OR_EMPTY
};

pub(crate) const FILE_EXTENSION: Format = Format { pattern: r"^\.", help: "Begin with a dot", ..ANY };

/// A string that is sent as an HTTP header. Headers are ASCII, and a line break in one would start another one.
pub(crate) const HEADER: Format = Format {
    pattern: r"^[\t -~]*[!-~][\t -~]*$",
    help: "It is sent as an HTTP header: write ASCII, and percent-encode other characters",
    check: check_header,
    ..ANY
};

pub(crate) const REDIRECT: Format = Format {
    pattern: r"^(/|https?://)[\t -~]*$",
    help: "Begin with /, http:// or https://",
    check: |text| {
        check_header(text)?;
        let begins = ["/", "http://", "https://"].iter().any(|start| text.starts_with(start));
        expect(begins, "a URL or a path that begins with /", text)
    },
    ..ANY
};

/// See the header `x-amz-server-side-encryption-context` of
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>.
pub(crate) const ENCRYPTION_CONTEXT: Format = Format {
    // The character { becomes e, and one from w on.
    pattern: "^e[w-z0-9+/][A-Za-z0-9+/]+={0,2}$",
    help: r#"Write Buffer.from(JSON.stringify({ name: "value" })).toString("base64")"#,
    check: |text| {
        let json = BASE64_STANDARD.decode(text).ok().filter(|json| json.starts_with(b"{"));
        let context = json.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
        let is_context =
            context.is_some_and(|map| map.as_object().is_some_and(|map| map.values().all(Value::is_string)));
        expect(is_context, "the Base64 of a JSON object of strings", text)
    },
    ..ANY
};

/// Returns whether a text has the form of an account's ID.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// A number would lose its leading zeros.
pub(crate) const ACCOUNT: Format = Format {
    pattern: "^[0-9]{12}$",
    help: "Write the 12 digits of an account ID in quotes",
    check: |text| {
        check_header(text)?;
        expect(is_account_id(text), "an account ID of 12 digits", text)
    },
    ..ANY
};

/// `id="…"`, `uri="…"` or `emailAddress="…"`, separated by commas.
pub(crate) const GRANTEES: Format = Format {
    pattern: r"^\s*(id|uri|emailAddress)\s*=\s*[!-~][\t -~]*$",
    help: "Name grantees, as in id=\"…\" or uri=\"…\"",
    check: |text| {
        check_header(text)?;
        let is_grantee = |grantee: &str| {
            matches!(grantee.split_once('='), Some((kind, who))
                if ["id", "uri", "emailAddress"].contains(&kind.trim()) && !who.trim().is_empty())
        };
        expect(text.split(',').all(is_grantee), "a list of grantees", text)
    },
    ..ANY
};

/// See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html>.
const MAX_TAGS: usize = 10;

/// `name=value&name=value`, encoded as in the query of a URL.
pub(crate) const TAGS: Format = Format {
    pattern: r"^(?!(.*&)?[aA][wW][sS](:|%3[aA]))([A-Za-z0-9_.:/+@ -]|%[0-9A-Fa-f]{2})+(=([A-Za-z0-9_.:/+@= -]|%[0-9A-Fa-f]{2})*)?(&([A-Za-z0-9_.:/+@ -]|%[0-9A-Fa-f]{2})+(=([A-Za-z0-9_.:/+@= -]|%[0-9A-Fa-f]{2})*)?){0,9}$",
    help: "Write up to 10 tags, as in project=cats&stage=beta, encoded as in a URL",
    check: check_tags,
    ..ANY
};

/// The token characters of RFC 9110.
pub(crate) const HEADER_NAME: Format = Format {
    pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
    help: "The name becomes part of an HTTP header: use letters, digits and -",
    check: |name| {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if !name.is_empty() && name.chars().all(is_token) {
            return Ok(());
        }
        Err("is not a valid name for an HTTP header".into())
    },
    ..ANY
};

pub(crate) const ANYTHING: MapFormat =
    MapFormat { names: None, values: MapValues::Anything, documented: &[], finish: |map| Ok(Value::Object(map)) };

/// The names and values of the metadata of an object, in bytes. See
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html#UserMetadata>.
const MAX_METADATA_BYTES: usize = 2048;

pub(crate) const METADATA: MapFormat = MapFormat {
    names: Some(&HEADER_NAME),
    values: MapValues::OptionalStrings(&HEADER),
    finish: lowercase_metadata,
    ..ANYTHING
};

/// Returns whether a text has one byte or more, and allowed ones only.
pub(super) fn is_word(text: &str, is_allowed: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(is_allowed)
}

/// Reports a value that is not what is expected, shortened for a message.
pub(super) fn expect(is_met: bool, expected: &str, text: &str) -> Result<(), String> {
    if is_met { Ok(()) } else { Err(format!("must be {expected}, but is {}", shown(&Value::from(text)))) }
}

/// Returns the start of a value's JSON, as much as a message can show.
pub(crate) fn shown(value: &Value) -> String {
    const MAX_CHARACTERS: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn check_header(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("must not be empty".into());
    }
    match text.chars().find(|c| !matches!(c, ' '..='~' | '\t')) {
        Some(odd) => Err(format!("must be ASCII, but contains {odd:?}")),
        None => Ok(()),
    }
}

fn check_tags(text: &str) -> Result<(), String> {
    check_header(text)?;
    let decode =
        |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let tags = text.split('&').map(|tag| tag.split_once('=').unwrap_or((tag, "")));
    let tags: Vec<(String, String)> = tags.map(|(name, value)| (decode(name), decode(value))).collect();
    for (name, value) in &tags {
        if name.is_empty() {
            return Err("contains a tag without a name".into());
        }
        if (TAG_NAME.check)(name).is_err() {
            return Err(format!("has the tag {}. {}", shown(&Value::from(name.as_str())), TAG_NAME.help));
        }
        if (TAG_VALUE.check)(value).is_err() {
            return Err(format!(
                "has a tag with the value {}. {}",
                shown(&Value::from(value.as_str())),
                TAG_VALUE.help
            ));
        }
    }
    let names: Vec<&str> = tags.iter().map(|(name, _)| name.as_str()).collect();
    if names.len() > MAX_TAGS {
        return Err(format!("must have at most {MAX_TAGS} tags, but has {}", names.len()));
    }
    if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
        return Err("contains the same tag twice".into());
    }
    Ok(())
}

/// S3 stores the names in lowercase, so that `Title` and `title` are the same.
fn lowercase_metadata(map: Map<String, Value>) -> Result<Value, String> {
    let mut metadata = Map::new();
    for (name, value) in map {
        let lowercase = name.to_ascii_lowercase();
        if metadata.insert(lowercase, value).is_some() {
            return Err(format!("contains {name} twice: S3 ignores the case of names"));
        }
    }
    let bytes: usize = metadata.iter().map(|(name, value)| name.len() + value.as_str().map_or(0, str::len)).sum();
    if bytes > MAX_METADATA_BYTES {
        return Err(format!("must have at most {MAX_METADATA_BYTES} bytes, but has {bytes}"));
    }
    Ok(if metadata.is_empty() { Value::Null } else { Value::Object(metadata) })
}
