//! Writes the content of the AWS configuration files in the form that the SDK reads.
//!
//! [`config_files`](crate::aws::config_files) explains how that differs from what the AWS CLI reads.

use crate::aws::profile_names::{encode, unquote};
use aws_runtime::env_config::file::EnvConfigFileKind;
use std::borrow::Cow;
use std::fmt::Write;

/// Why a file cannot be read. The content of the line may be a secret.
#[derive(Debug, PartialEq)]
pub(crate) struct Problem {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) what: &'static str,
}

/// The key that a line with a deeper indentation continues.
struct OpenKey {
    indentation: usize,
    /// Whether the lines below are keys themselves, as in `s3 =`.
    has_nested_keys: bool,
}

/// Returns the content in the form that the SDK reads: sections and keys without an indentation, continued lines with
/// one, `=` after keys, no text after a section, no empty settings. Lines keep their numbers.
pub(crate) fn normalize(kind: EnvConfigFileKind, content: &str) -> Result<String, Problem> {
    let lines: Vec<_> = content.lines().collect();
    let mut normalized = String::with_capacity(content.len());
    let mut section: Option<String> = None;
    let mut open: Option<OpenKey> = None;
    for (index, line) in lines.iter().enumerate() {
        let problem = |what| Problem { line: index + 1, what };
        let (text, indentation) = (line.trim(), indentation(line));
        if is_skipped(text) {
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
            let name = section_name(kind, name.trim());
            append(&mut normalized, format_args!("[{name}]"));
            (section, open) = (Some(name), None);
            continue;
        }
        let (key, value) = split_key(text).ok_or_else(|| problem("has no '=' after its key"))?;
        let Some(section) = &section else {
            return Err(problem("stands before the first section, such as [default]"));
        };
        let has_nested_keys = value.is_empty() && is_continued(&lines[index + 1..], indentation);
        if value.is_empty() && !has_nested_keys {
            // Not set for the AWS CLI. The SDK would use it, such as an empty session token.
            normalized.push('\n');
        } else {
            append(&mut normalized, format_args!("{} = {}", key_in(section, key), value_of(key, value)));
        }
        open = Some(OpenKey { indentation, has_nested_keys });
    }
    Ok(normalized)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Returns whether a line without its indentation has nothing in it.
fn is_skipped(text: &str) -> bool {
    text.is_empty() || text.starts_with(['#', ';'])
}

/// Returns whether the lines after a key belong to it.
fn is_continued(lines: &[&str], of_key: usize) -> bool {
    lines.iter().find(|line| !is_skipped(line.trim())).is_some_and(|line| indentation(line) > of_key)
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
fn section_name(kind: EnvConfigFileKind, name: &str) -> String {
    let of_kind = |(begin, _): (&'static str, _)| {
        let rest = name.strip_prefix(begin)?;
        rest.starts_with(char::is_whitespace).then(|| format!("{begin} {}", encode(&unquote(rest.trim()))))
    };
    // A comment would hide the end of the name, which fails the whole file.
    let other = || if name.contains(['#', ';']) { encode(name).into_owned() } else { unquote(name) };
    match kind {
        EnvConfigFileKind::Credentials => encode(&unquote(name)).into_owned(),
        EnvConfigFileKind::Config => REFERENCES.into_iter().find_map(of_kind).unwrap_or_else(other),
    }
}

/// Returns a key as the SDK reads it. For services, the SDK has `-` in place of the `_` of the AWS CLI
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html>).
fn key_in<'a>(section: &str, key: &'a str) -> Cow<'a, str> {
    let is_service = section.starts_with("services ");
    if is_service { Cow::Owned(key.replace('_', "-")) } else { Cow::Borrowed(key) }
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
    use crate::aws::config_files;

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

    #[test]
    fn empty_settings_are_left_out_unless_they_have_keys_below() {
        for (content, expected) in [
            ("[default]\na =\nb = 1\n", "[default]\n\nb = 1\n"),
            ("[default]\n  a =\n  b = 1\n", "[default]\n\nb = 1\n"),
            ("[default]\na:\n# c\n\n[x]\nb =", "[default]\n\n\n\n[x]\n\n"),
            ("[default]\ns3 =\n\n  # c\n  b = 1\na =\n", "[default]\ns3 = \n\n\n  b = 1\n\n"),
        ] {
            assert_eq!(normalize(EnvConfigFileKind::Config, content).unwrap(), expected, "{content}");
        }
    }

    #[test]
    fn services_have_the_names_that_the_sdk_has() {
        let content = "[services all]\ncloudwatch_logs =\n  endpoint_url = http://a_b\n[profile p]\nca_bundle = c_d\n";
        let expected =
            "[services all]\ncloudwatch-logs = \n  endpoint_url = http://a_b\n[profile p]\nca_bundle = c_d\n";
        assert_eq!(normalize(EnvConfigFileKind::Config, content).unwrap(), expected);
    }

    #[tokio::test]
    async fn a_section_that_is_turned_off_does_not_fail_the_file() {
        for section in ["#profile old", ";x", "plugins # none", "sso-session acme #1"] {
            let content = format!("[{section}]\na = 1\n[profile p]\nb = 2\n");
            let content = normalize(EnvConfigFileKind::Config, &content).unwrap();
            let files = config_files::from_contents(vec![(EnvConfigFileKind::Config, content)]).await.unwrap();
            assert_eq!(files.profiles.names(), ["p"], "{section}");
        }
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
}
