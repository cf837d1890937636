//! Determines the media type of an asset by its file name extension.

use std::borrow::Cow;

/// S3's default type. It is always sent, because the SDK's default is `application/octet-stream`.
pub(crate) const UNKNOWN: &str = "binary/octet-stream";

/// Types that replace those of `mime_guess`, which are not registered for these files, or for files of another kind.
/// All but that of `mjs`, which is the type of `js`, are the types that 0.9.0 sent.
///
/// The types of `apl` to `usdz` are deliberate differences to 0.9.0, which did not know them: APL documents are JSON, as
/// are those with comments (<https://developer.amazon.com/en-US/docs/alexa/alexa-presentation-language/apl-document.html>),
/// and the others are registered (<https://www.iana.org/assignments/media-types>).
const OVERRIDES: [(&str, &str); 18] = [
    ("apl", "application/json"),
    ("apla", "application/json"),
    ("aplt", "application/json"),
    ("cjs", "text/javascript"),
    ("jsonc", "application/json"),
    ("ktx2", "image/ktx2"),
    ("m4s", "video/iso.segment"),
    ("usdz", "model/vnd.usdz+zip"),
    ("ico", "image/vnd.microsoft.icon"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4a", "audio/mp4"),
    ("map", "application/json"),
    ("mjs", "text/javascript"),
    ("otf", "font/otf"),
    ("ts", "video/mp2t"),
    ("woff", "font/woff"),
    ("xml", "application/xml"),
    ("yaml", "text/yaml"),
];

/// Returns whether a type needs the encoding of a file: a browser assumes another one than UTF-8 for text. JSON and XML
/// have rules of their own.
pub(crate) fn has_charset(content_type: &str) -> bool {
    content_type.starts_with("text/")
}

/// Returns the media type with the encoding of a file of text that is valid UTF-8.
pub(crate) fn with_charset(content_type: &'static str, is_utf8_text: bool) -> Cow<'static, str> {
    if is_utf8_text && has_charset(content_type) {
        Cow::Owned(format!("{content_type}; charset=utf-8"))
    } else {
        Cow::Borrowed(content_type)
    }
}

/// Returns the media type of the file at `path`.
///
/// The case of the extension is ignored: `Intro.MP3` is `audio/mpeg`. A name that starts with its only dot (`.json`) does
/// not have an extension.
pub(crate) fn content_type(path: &str) -> &'static str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let Some((stem, extension)) = name.rsplit_once('.') else { return UNKNOWN };
    if stem.is_empty() {
        return UNKNOWN;
    }
    let extension = match extension.to_ascii_lowercase() {
        short if short == "yml" => "yaml".to_string(),
        other => other,
    };
    match OVERRIDES.iter().find(|(of, _)| *of == extension) {
        Some((_, content_type)) => content_type,
        None => mime_guess::from_ext(&extension).first_raw().unwrap_or(UNKNOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// The types that differ from those of `mime` 2.4.0, which 0.9.0 used, and the reasons.
    const DIFFERENCES_FROM_MIME: [(&str, &str, &str); 7] = [
        ("js", "text/javascript", "RFC 9239 makes it the only type that is not obsolete"),
        ("mjs", "text/javascript", "RFC 9239, as for js"),
        ("aac", "audio/aac", "the registered type; x-aac was never registered"),
        ("flac", "audio/flac", "the registered type since RFC 9639; x-flac was never registered"),
        ("opus", "audio/ogg", "RFC 7845; mime did not know the type, so players did not play the file"),
        ("avif", "image/avif", "registered after that release of mime, so browsers downloaded the file"),
        ("apl", "application/json", "APL documents are JSON"),
    ];

    /// The types of `mime` 2.4.0. A JavaScript test checks them against the package.
    fn types_of_mime() -> BTreeMap<String, Option<String>> {
        serde_json::from_str(include_str!("../../__test__/fixtures/content-types.json")).unwrap()
    }

    #[test]
    fn content_types_are_those_of_mime_except_for_the_listed_differences() {
        for (extension, theirs) in types_of_mime() {
            let ours = content_type(&format!("folder.d/file.{extension}"));
            match DIFFERENCES_FROM_MIME.iter().find(|(of, ..)| *of == extension) {
                Some((_, expected, reason)) => {
                    assert_eq!(ours, *expected, "{extension}: {reason}");
                    assert_ne!(Some(ours), theirs.as_deref(), "{extension} does not differ");
                }
                None => assert_eq!(ours, theirs.as_deref().unwrap_or(UNKNOWN), "{extension}"),
            }
        }
    }

    #[test]
    fn every_listed_difference_is_compared() {
        let types = types_of_mime();
        assert!(DIFFERENCES_FROM_MIME.iter().all(|(extension, ..)| types.contains_key(*extension)));
    }

    #[test]
    fn the_extension_determines_the_content_type() {
        assert_eq!(content_type("sounds/Intro.MP3"), "audio/mpeg");
        assert_eq!(content_type("page.min.JS"), "text/javascript");
        assert_eq!(content_type("a.png/readme"), UNKNOWN);
        assert_eq!(content_type("readme"), UNKNOWN);
        assert_eq!(content_type(".json"), UNKNOWN);
        assert_eq!(content_type("ends-with."), UNKNOWN);
        assert_eq!(content_type(""), UNKNOWN);
    }

    #[test]
    fn alexas_documents_and_other_later_types_are_known() {
        assert_eq!(content_type("card.apl"), "application/json");
        assert_eq!(content_type("Voice.APLA"), "application/json");
        assert_eq!(content_type("card.jsonc"), "application/json");
        assert_eq!(content_type("lib.cjs"), content_type("lib.js"));
        assert_eq!(content_type("cat.usdz"), "model/vnd.usdz+zip");
        assert_eq!(content_type("clock.aplt"), "application/json");
        assert_eq!(content_type("part1.m4s"), "video/iso.segment");
        assert_eq!(content_type("fur.ktx2"), "image/ktx2");
    }

    #[test]
    fn only_text_that_is_utf8_has_a_charset() {
        assert_eq!(with_charset("text/plain", true), "text/plain; charset=utf-8");
        assert_eq!(with_charset("text/javascript", true), "text/javascript; charset=utf-8");
        assert_eq!(with_charset("text/plain", false), "text/plain");
        for other in ["application/json", "application/xml", "image/svg+xml", "audio/mpeg", UNKNOWN] {
            assert_eq!(with_charset(other, true), other);
        }
    }

    #[test]
    fn windows_folders_do_not_belong_to_the_name() {
        for (windows, others) in [
            ("sounds\\Intro.MP3", "sounds/Intro.MP3"),
            ("a.png\\readme", "a.png/readme"),
            ("C:\\cats.d\\.json", "/cats.d/.json"),
            ("a.png\\b/c.xml", "a.png/b/c.xml"),
        ] {
            assert_eq!(content_type(windows), content_type(others), "{windows}");
        }
    }
}
