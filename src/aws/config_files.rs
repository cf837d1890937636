//! Reads `~/.aws/config` and `~/.aws/credentials` as leniently as the AWS CLI does.
//!
//! The CLI reads them with Python's `configparser`
//! (<https://github.com/boto/botocore/blob/develop/botocore/configloader.py>), which takes indented keys, `:` in place of
//! `=`, and text after the `]` of a section. The SDK's own reader takes the first as parts of other values and rejects
//! the others, and takes a file with a byte that is not UTF-8 for an empty one. So this module reads the files, and hands
//! their content to the SDK in the form that it expects.

use crate::aws::config_normalize::{Problem, normalize};
use crate::aws::profile_names::{self, encode};
use crate::config::env;
use crate::error::{Error, ErrorCode, Result};
use crate::fs;
use aws_config::profile::{Profile, ProfileSet};
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
// Internal to the SDK, which has no public way to list profiles: check this at each upgrade.
use aws_types::os_shim_internal::{Env, Fs};
use std::cmp::Reverse;
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
        let mut encoded: Vec<_> = self.0.profiles().filter(|name| name.contains('%')).collect();
        // A name may be the beginning of another one.
        encoded.sort_unstable_by_key(|name| Reverse(name.len()));
        encoded.into_iter().fold(text.to_owned(), |text, name| text.replace(name, &profile_names::decode(name)))
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

/// Devices that are empty, by which jobs go without a file.
const NULL_DEVICES: [&str; 2] = ["/dev/null", "NUL"];

fn read(kind: EnvConfigFileKind, path: &Path) -> Result<String> {
    if NULL_DEVICES.iter().any(|device| path.as_os_str().eq_ignore_ascii_case(device)) {
        return Ok(String::new());
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn profiles_are_found_by_their_own_names() {
        let config =
            normalize(EnvConfigFileKind::Config, "[profile 'my prof']\n[profile a%20b]\n[profile my prof é]\n")
                .unwrap();
        let credentials = normalize(EnvConfigFileKind::Credentials, "[päivi]\n[my prof]\n").unwrap();
        let contents = vec![(EnvConfigFileKind::Config, config), (EnvConfigFileKind::Credentials, credentials)];
        let profiles = from_contents(contents).await.unwrap().profiles;
        assert_eq!(profiles.names(), ["a%20b", "my prof", "my prof é", "päivi"]);
        for name in profiles.names() {
            assert!(profiles.get(&name).is_some(), "{name}");
        }
        assert!(profiles.get("a b").is_none());
        let text = profiles.with_own_names("profile `my%20prof`, my%20prof%20%C3%A9 and p%C3%A4ivi, %20");
        assert_eq!(text, "profile `my prof`, my prof é and päivi, %20");
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
