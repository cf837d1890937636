//! What kind of file an asset is, told by the end of its name.

/// What S3 calls an object whose type nobody told. It is written out, because the SDK would send
/// `application/octet-stream` in its place.
pub(crate) const UNKNOWN: &str = "binary/octet-stream";

/// Types that differ from `mime_guess`: it gives these files a type that is not registered, or that is meant for
/// another kind of file. All but `mjs`, whose type is that of `js`, are what skills were deployed with so far.
const CORRECTIONS: [(&str, &str); 10] = [
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

/// The media type of the file at `path`, as its S3 object carries it.
///
/// The end of the name decides, in any case: `Intro.MP3` is `audio/mpeg`. A name that is only a dot and an
/// extension (`.json`) has no extension.
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
    match CORRECTIONS.iter().find(|(of, _)| *of == extension) {
        Some((_, corrected)) => corrected,
        None => mime_guess::from_ext(&extension).first_raw().unwrap_or(UNKNOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Where we and `mime` 2.4.0 part, and why.
    const DELIBERATE: [(&str, &str, &str); 6] = [
        ("js", "text/javascript", "RFC 9239 makes it the only type that is not obsolete"),
        ("mjs", "text/javascript", "RFC 9239, as for js"),
        ("aac", "audio/aac", "the registered type; x-aac was never one"),
        ("flac", "audio/flac", "the registered type since RFC 9639; x-flac was never one"),
        ("opus", "audio/ogg", "RFC 7845; unknown to mime, so that players refused the file"),
        ("avif", "image/avif", "registered after that release of mime, so that browsers downloaded the file"),
    ];

    /// `mime` 2.4.0's verdicts; a JavaScript test asks the package itself that they are its own.
    fn verdicts_of_mime() -> BTreeMap<String, Option<String>> {
        serde_json::from_str(include_str!("../../__test__/fixtures/content-types.json")).unwrap()
    }

    #[test]
    fn agrees_with_what_was_deployed_so_far() {
        for (extension, theirs) in verdicts_of_mime() {
            let ours = content_type(&format!("folder.d/file.{extension}"));
            match DELIBERATE.iter().find(|(of, ..)| *of == extension) {
                Some((_, wanted, reason)) => {
                    assert_eq!(ours, *wanted, "{extension}: {reason}");
                    assert_ne!(Some(ours), theirs.as_deref(), "{extension} differs no longer");
                }
                None => assert_eq!(ours, theirs.as_deref().unwrap_or(UNKNOWN), "{extension}"),
            }
        }
    }

    #[test]
    fn every_deliberate_difference_is_compared() {
        let verdicts = verdicts_of_mime();
        assert!(DELIBERATE.iter().all(|(extension, ..)| verdicts.contains_key(*extension)));
    }

    #[test]
    fn the_end_of_the_name_decides() {
        assert_eq!(content_type("sounds/Intro.MP3"), "audio/mpeg");
        assert_eq!(content_type("page.min.JS"), "text/javascript");
        assert_eq!(content_type("a.png/readme"), UNKNOWN);
        assert_eq!(content_type("readme"), UNKNOWN);
        assert_eq!(content_type(".json"), UNKNOWN);
        assert_eq!(content_type("ends-with."), UNKNOWN);
        assert_eq!(content_type(""), UNKNOWN);
    }

    #[test]
    fn folders_of_windows_are_no_part_of_the_name() {
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
