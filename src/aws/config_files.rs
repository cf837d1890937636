//! Reads `~/.aws/config` and `~/.aws/credentials` as leniently as the AWS CLI does.
//!
//! The CLI reads them with Python's `configparser`
//! (<https://github.com/boto/botocore/blob/develop/botocore/configloader.py>), which takes indented keys, `:` in place of
//! `=`, and text after the `]` of a section. The SDK's own reader takes the first as parts of other values and rejects
//! the others, and takes a file with a byte that is not UTF-8 for an empty one. So this module reads the files, and hands
//! their content to the SDK in the form that it expects.

use crate::aws::profile_names::{self, encode, unquote};
use crate::config::env;
use crate::error::{Error, ErrorCode, Result};
use crate::fs;
use aws_config::profile::{Profile, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
// Internal to the SDK, which has no public way to list profiles: check this at each upgrade.
use aws_types::os_shim_internal::{Env, Fs};
use std::borrow::Cow;
use std::fmt::Write;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The content of both files.
#[derive(Clone, Debug)]
pub(crate) struct ConfigFiles {
    /// As the SDK reads them.
    pub(crate) sdk: EnvConfigFiles,
    pub(crate) profiles: Profiles,
}

/// The profiles of both files.
#[derive(Clone, Debug)]
pub(crate) struct Profiles(ProfileSet);

impl Profiles {
    /// Returns the profile of a name, as the user writes it.
    pub(crate) fn get(&self, name: &str) -> Option<&Profile> {
        self.0.get_profile(&encode(name))
    }

    /// Returns the names as the user writes them, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.0.profiles().map(profile_names::decode).collect();
        names.sort_unstable();
        names
    }

    /// Returns a text of the SDK with the names as the user writes them.
    pub(crate) fn with_own_names(&self, text: &str) -> String {
        let encoded = self.0.profiles().filter(|name| name.contains('%'));
        encoded.fold(text.to_owned(), |text, name| text.replace(name, &profile_names::decode(name)))
    }
}

/// A file, the variable that names another one, and its place in the home directory.
const FILES: [(EnvConfigFileKind, &str, &str); 2] = [
    (EnvConfigFileKind::Config, env::AWS_CONFIG_FILE, "~/.aws/config"),
    (EnvConfigFileKind::Credentials, env::AWS_SHARED_CREDENTIALS_FILE, "~/.aws/credentials"),
];

/// Reads both files. One that does not exist counts as empty.
///
/// # Errors
/// `UnknownProfile`, naming the file and the line, for one that cannot be read.
pub(crate) async fn load() -> Result<ConfigFiles> {
    let mut contents = Vec::new();
    for (kind, variable, default) in FILES {
        contents.push((kind, read(kind, &path(variable, default))?));
    }
    from_contents(contents).await
}

/// Returns files without profiles, for credentials that do not come from one.
///
/// # Errors
/// None that is expected.
pub(crate) async fn empty() -> Result<ConfigFiles> {
    from_contents(FILES.map(|(kind, ..)| (kind, String::new())).to_vec()).await
}

pub(crate) async fn from_contents(contents: Vec<(EnvConfigFileKind, String)>) -> Result<ConfigFiles> {
    let sdk = contents
        .into_iter()
        .fold(EnvConfigFiles::builder(), |files, (kind, content)| files.with_contents(kind, content))
        .build();
    let profiles = aws_config::profile::load(&Fs::real(), &Env::real(), &sdk, None).await.map_err(|error| {
        let message = format!("the AWS configuration files cannot be read: {}", crate::aws::error::error_chain(&error));
        Error::new(ErrorCode::UnknownProfile, message)
    })?;
    Ok(ConfigFiles { sdk, profiles: Profiles(profiles) })
}

/// Returns where a file is. `~` is the home directory
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>).
fn path(variable: &str, default: &str) -> PathBuf {
    let path = PathBuf::from(env::aws(variable).unwrap_or_else(|| default.to_owned()));
    match (path.strip_prefix("~"), home()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

fn home() -> Option<PathBuf> {
    env::aws(env::HOME).map(PathBuf::from).or_else(std::env::home_dir)
}

fn read(kind: EnvConfigFileKind, path: &Path) -> Result<String> {
    match fs::read(path) {
        Ok(bytes) => normalize(kind, &decode(&bytes)).map_err(|Problem { line, what }| {
            let message = format!("the AWS configuration file {} cannot be read: line {line} {what}", path.display());
            Error::new(ErrorCode::UnknownProfile, message).hint("Correct the line, or remove it")
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Error::new(
            ErrorCode::UnknownProfile,
            format!("the AWS configuration file {} cannot be read: {error}", path.display()),
        )),
    }
}

/// Returns the text of a file in UTF-8, in UTF-16 as PowerShell writes it, or else in Latin-1.
fn decode(bytes: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => decode(rest),
        _ => String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| bytes.iter().copied().map(char::from).collect()),
    }
}

/// Why a file cannot be read. The content of the line may be a secret.
#[derive(Debug, PartialEq)]
struct Problem {
    /// Counted from 1.
    line: usize,
    what: &'static str,
}

/// The key that a line with a deeper indentation continues.
struct OpenKey {
    indentation: usize,
    /// Whether the lines below are keys themselves, as in `s3 =`.
    has_nested_keys: bool,
}

/// Returns the content in the form that the SDK reads: sections and keys without an indentation, continued lines with
/// one, `=` after keys, no text after a section. Lines keep their numbers.
fn normalize(kind: EnvConfigFileKind, content: &str) -> Result<String, Problem> {
    let mut normalized = String::with_capacity(content.len());
    let mut in_section = false;
    let mut open: Option<OpenKey> = None;
    for (index, line) in content.lines().enumerate() {
        let problem = |what| Problem { line: index + 1, what };
        let text = line.trim();
        let indentation = line.len() - line.trim_start().len();
        if text.is_empty() || text.starts_with(['#', ';']) {
            normalized.push('\n');
            continue;
        }
        if let Some(key) = open.as_ref().filter(|key| indentation > key.indentation) {
            if key.has_nested_keys && split_key(text).is_none() {
                return Err(problem("has no '=' after its key"));
            }
            append(&mut normalized, format_args!("  {text}"));
            continue;
        }
        if let Some(rest) = text.strip_prefix('[') {
            let (name, _) = rest.split_once(']').ok_or_else(|| problem("begins a section without a closing ']'"))?;
            append(&mut normalized, format_args!("[{}]", section(kind, name.trim())));
            (in_section, open) = (true, None);
            continue;
        }
        let (key, value) = split_key(text).ok_or_else(|| problem("has no '=' after its key"))?;
        if !in_section {
            return Err(problem("stands before the first section, such as [default]"));
        }
        append(&mut normalized, format_args!("{key} = {}", value_of(key, value)));
        open = Some(OpenKey { indentation, has_nested_keys: value.is_empty() });
    }
    Ok(normalized)
}

fn append(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{line}");
}

fn split_key(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(['=', ':'])?;
    Some((key.trim(), value.trim())).filter(|(key, _)| !key.is_empty())
}

/// The beginnings of sections in the file of settings whose names other settings refer to, and these settings. The name
/// of an `sso-session` is not among them: it is also the name of a file.
const REFERENCES: [(&str, &str); 2] = [("profile", "source_profile"), ("services", "services")];

/// Returns the name of a section as the SDK reads it. In the file of credentials, all of it is the name of a profile.
fn section(kind: EnvConfigFileKind, name: &str) -> String {
    let of_kind = |(begin, _): (&'static str, _)| {
        let rest = name.strip_prefix(begin)?;
        rest.starts_with(char::is_whitespace).then(|| format!("{begin} {}", encode(&unquote(rest.trim()))))
    };
    match kind {
        EnvConfigFileKind::Credentials => encode(&unquote(name)).into_owned(),
        EnvConfigFileKind::Config => REFERENCES.into_iter().find_map(of_kind).unwrap_or_else(|| unquote(name)),
    }
}

/// Returns a value as the SDK reads it. One that is the name of a section has no comment after it for the SDK.
fn value_of<'a>(key: &str, value: &'a str) -> Cow<'a, str> {
    if !REFERENCES.into_iter().any(|(_, setting)| key.eq_ignore_ascii_case(setting)) {
        return Cow::Borrowed(value);
    }
    let comment = [" #", " ;", "\t#", "\t;"].into_iter().filter_map(|begin| value.find(begin)).min();
    encode(value[..comment.unwrap_or(value.len())].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_cli_reads_is_in_the_form_that_the_sdk_reads() {
        let expected = "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n";
        for content in [
            "[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n",
            "[default]\n  aws_access_key_id = AKIA\n  aws_secret_access_key = s\n",
            "  [default]\r\n\taws_access_key_id=AKIA\r\n\taws_secret_access_key=s",
            "[default] my keys [old]\naws_access_key_id: AKIA\naws_secret_access_key :s\n",
            "[\"default\"]# keys\n aws_access_key_id = AKIA\n aws_secret_access_key = s\n",
        ] {
            assert_eq!(normalize(EnvConfigFileKind::Config, content).unwrap(), expected, "{content}");
        }
        let keys = "[default]\n   a = 1\n  b = 2\n      c\n d = 3\n";
        assert_eq!(
            normalize(EnvConfigFileKind::Config, keys).unwrap(),
            "[default]\na = 1\nb = 2\n  c\nd = 3\n",
            "less indentation, and more"
        );
    }

    #[test]
    fn nested_keys_and_values_with_delimiters_stay() {
        let nested = "[profile p]\ns3 =\n    max_concurrent_requests = 20\n\n  # comment\nregion = eu-west-1\n";
        let expected = "[profile p]\ns3 = \n  max_concurrent_requests = 20\n\n\nregion = eu-west-1\n";
        assert_eq!(normalize(EnvConfigFileKind::Config, nested).unwrap(), expected);
        let url = "[profile p]\nendpoint_url = http://localhost:4566/?a=b\nrole_arn : arn:aws:iam::1:role/r\n";
        let expected = "[profile p]\nendpoint_url = http://localhost:4566/?a=b\nrole_arn = arn:aws:iam::1:role/r\n";
        assert_eq!(normalize(EnvConfigFileKind::Config, url).unwrap(), expected);
    }

    #[test]
    fn names_with_any_character_and_references_to_them_are_in_those_of_the_sdk() {
        let config = "[profile 'my prof']\nsource_profile = päivi 50%\nServices=my services # all\noutput = a b\n\
                      [profile\tpäivi 50%]\n[services \"my services\"]\n[sso-session my sso]\n[default]\n";
        let expected = "[profile my%20prof]\nsource_profile = p%C3%A4ivi%2050%25\nServices = my%20services\noutput = a b\n\
                        [profile p%C3%A4ivi%2050%25]\n[services my%20services]\n[sso-session my sso]\n[default]\n";
        assert_eq!(normalize(EnvConfigFileKind::Config, config).unwrap(), expected);
        let credentials = "[my prof]\n['my prof']\n[ default ]\n[profile x]\n";
        let expected = "[my%20prof]\n[my%20prof]\n[default]\n[profile%20x]\n";
        assert_eq!(normalize(EnvConfigFileKind::Credentials, credentials).unwrap(), expected);
    }

    #[tokio::test]
    async fn profiles_are_found_by_their_own_names() {
        let config = normalize(EnvConfigFileKind::Config, "[profile 'my prof']\n[profile a%20b]\n").unwrap();
        let credentials = normalize(EnvConfigFileKind::Credentials, "[päivi]\n[my prof]\n").unwrap();
        let contents = vec![(EnvConfigFileKind::Config, config), (EnvConfigFileKind::Credentials, credentials)];
        let profiles = from_contents(contents).await.unwrap().profiles;
        assert_eq!(profiles.names(), ["a%20b", "my prof", "päivi"]);
        for name in profiles.names() {
            assert!(profiles.get(&name).is_some(), "{name}");
        }
        assert!(profiles.get("a b").is_none());
        let text = profiles.with_own_names("profile `my%20prof` and p%C3%A4ivi, %20");
        assert_eq!(text, "profile `my prof` and päivi, %20");
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_by_its_number() {
        for (content, line) in [
            ("[default\na = s3cret\n", 1),
            ("a = s3cret\n", 1),
            ("[default]\n\ns3cret\n", 3),
            ("[default]\n= s3cret\n", 2),
            ("[default]\ns3 =\n  s3cret\n", 3),
        ] {
            assert_eq!(normalize(EnvConfigFileKind::Config, content).unwrap_err().line, line, "{content}");
        }
    }

    #[test]
    fn text_in_the_encodings_of_editors_is_read() {
        let utf16 = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> { "\u{feff}[é]".encode_utf16().flat_map(unit).collect() };
        let utf8 = "\u{feff}[é]".as_bytes().to_vec();
        for bytes in [utf8, b"[\xe9]".to_vec(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)] {
            assert_eq!(decode(&bytes), "[é]");
        }
    }

    #[tokio::test]
    async fn the_sdk_reads_every_normalized_file() {
        for content in ["[default]\n  a = 1\n   b\n s3 =\n   c = 2\n[x y]\nd=\n", "[]\na: b\n", "[default]\n"] {
            let content = normalize(EnvConfigFileKind::Config, content).unwrap();
            from_contents(vec![(EnvConfigFileKind::Config, content)]).await.unwrap();
        }
    }
}
