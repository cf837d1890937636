//! Writes the names of profiles in the characters that the SDK takes, which are fewer than those of the AWS CLI.
//!
//! The SDK ignores a section whose name has other characters than `A-Z a-z 0-9 _ - / . % @ : +`, such as a space. So the
//! content that it gets has names in percent-encoding, and the rest of this module has them as they are.

use std::borrow::Cow;
use std::fmt::Write;

/// Returns a name as the SDK gets it. A percent sign is encoded, too, so that no two names become one.
pub(crate) fn encode(name: &str) -> Cow<'_, str> {
    if name.bytes().all(is_plain) {
        return Cow::Borrowed(name);
    }
    let mut encoded = String::with_capacity(name.len() * 2);
    for byte in name.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    Cow::Owned(encoded)
}

/// Returns whether the SDK reads a section of this name.
pub(crate) fn is_name_for_sdk(name: &str) -> bool {
    name.bytes().all(|byte| is_plain(byte) || byte == b'%')
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-/.@:+".contains(&byte)
}

/// Returns a name that the SDK has as the user has written it.
pub(crate) fn decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let encoded = (*first == b'%').then(|| encoded_byte(after)).flatten();
        decoded.push(encoded.unwrap_or(*first));
        rest = if encoded.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

fn encoded_byte(digits: &[u8]) -> Option<u8> {
    let digits = str::from_utf8(digits.get(..2)?).ok()?;
    u8::from_str_radix(digits, 16).ok()
}

/// Returns a name of a section without its quotes, as in `[profile 'my profile']`, which the AWS CLI writes with those of
/// a shell. A quote without an end is a part of the name.
pub(crate) fn unquote(name: &str) -> String {
    let mut unquoted = String::with_capacity(name.len());
    let mut open = None;
    for character in name.chars() {
        match open {
            Some(quote) if quote == character => open = None,
            None if ['"', '\''].contains(&character) => open = Some(character),
            _ => unquoted.push(character),
        }
    }
    if open.is_some() { name.to_owned() } else { unquoted }
}

/// Returns the option of the AWS CLI that names a profile, for a command that the user may copy. All shells take double
/// quotes; a name with a character that means something in them has the quotes of a Unix shell.
pub(crate) fn cli_option(name: &str) -> String {
    let is_word = name.chars().all(|c| c.is_alphanumeric() || "_-/.@:+%".contains(c));
    if is_word {
        format!("--profile {name}")
    } else if name.contains(['"', '$', '`', '!']) {
        format!("--profile '{}'", name.replace('\'', "'\\''"))
    } else {
        format!("--profile \"{name}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_in_characters_of_the_sdk_and_decoded() {
        for (name, encoded) in [
            ("default", "default"),
            ("team/dev-1.a_b@c:d+e", "team/dev-1.a_b@c:d+e"),
            ("my prof", "my%20prof"),
            ("päivi", "p%C3%A4ivi"),
            ("50%", "50%25"),
            ("a%20b", "a%2520b"),
            ("", ""),
        ] {
            assert_eq!(encode(name), encoded);
            assert_eq!(decode(encoded), name);
        }
        for text in ["100% of 'x'", "%", "%4", "%zz", "%é1", "%FF"] {
            assert_eq!(decode(text), text, "what no name is encoded to");
        }
    }

    #[test]
    fn quotes_are_removed_as_a_shell_removes_them() {
        for (name, unquoted) in [
            ("'my prof'", "my prof"),
            ("\"my prof\"", "my prof"),
            ("my 'prof'", "my prof"),
            ("'o'\"'\"'neil'", "o'neil"),
            ("o'neil", "o'neil"),
            ("plain", "plain"),
        ] {
            assert_eq!(unquote(name), unquoted);
        }
    }

    #[test]
    fn an_option_for_the_cli_has_quotes_where_a_shell_needs_them() {
        assert_eq!(cli_option("dev-1"), "--profile dev-1");
        assert_eq!(cli_option("päivi"), "--profile päivi");
        assert_eq!(cli_option("my prof"), "--profile \"my prof\"");
        assert_eq!(cli_option("CORP\\cat"), "--profile \"CORP\\cat\"");
        assert_eq!(cli_option("o'neil"), "--profile \"o'neil\"");
        assert_eq!(cli_option("cat's $1"), "--profile 'cat'\\''s $1'");
    }
}
