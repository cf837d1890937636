//! Collects the asset files, and assigns an S3 key to each of them.
//!
//! Every file of every language is an asset of that language. A language other than `default` also gets each file of
//! `default` that it does not override, so that a skill finds all its files under one language's URL.

use crate::assets::content_type::content_type;
use crate::config::project::Language;
use crate::error::{Error, ErrorCode, Result};
use crate::output::format;
use std::collections::{BTreeMap, btree_map::Entry};
use std::path::PathBuf;

/// The language whose files all other languages inherit.
const DEFAULT_LANGUAGE: &str = "default";

/// Files with these names at the top of a language's assets become the skill's icons in its manifest.
const ICONS: [&str; 2] = ["icon-108.png", "icon-512.png"];

/// The maximum length of a key in UTF-8.
/// See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>.
const MAX_KEY_BYTES: usize = 1024;

/// All assets of a deployment, by their keys without the target's prefix: `<language>/<path>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LocalAssets(BTreeMap<String, Asset>);

/// A file and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asset {
    /// `<language>/<path>`: the key without the target's prefix.
    pub(crate) key: String,
    pub(crate) language: String,
    /// Relative to the language's folder, with `/` on every system.
    pub(crate) path: String,
    /// The path of the file on this machine.
    pub(crate) source: PathBuf,
    pub(crate) content_type: &'static str,
}

impl Asset {
    fn new(language: &str, path: String, source: PathBuf) -> Self {
        Asset {
            key: format!("{language}/{path}"),
            language: language.to_owned(),
            content_type: content_type(&path),
            path,
            source,
        }
    }

    fn is_icon(&self) -> bool {
        ICONS.contains(&self.path.as_str())
    }
}

impl LocalAssets {
    /// Collects the assets of all languages, for a target with this prefix. Does not read any file.
    ///
    /// # Errors
    /// `InvalidAssets`, which names all files whose names cannot be keys, or all files that have the same key.
    pub(crate) fn collect(prefix: &str, languages: &[Language]) -> Result<Self> {
        let files: Vec<Asset> = languages.iter().flat_map(language_files).collect();
        validate_names(prefix, &files)?;
        let mut assets = index_by_key(files)?;
        for asset in inherit_defaults(&assets, languages) {
            assets.entry(asset.key.clone()).or_insert(asset);
        }
        // An inherited file may have a key that is too long, because the name of its language is longer.
        validate_names(prefix, assets.values().filter(|asset| is_too_long(prefix, asset)))?;
        Ok(LocalAssets(assets))
    }

    /// Returns the assets in the order of their keys.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Asset> + Clone {
        self.0.values()
    }

    /// Returns the skill's icons, including inherited ones, in the order of their keys.
    pub(crate) fn icons(&self) -> impl Iterator<Item = &Asset> {
        self.iter().filter(|asset| asset.is_icon())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Returns a language's files, including the converted ones.
fn language_files(language: &Language) -> impl Iterator<Item = Asset> {
    [&language.assets, &language.converted_assets].into_iter().flat_map(|list| {
        list.files.iter().map(|file| Asset::new(&language.name, file.replace('\\', "/"), list.root.join(file)))
    })
}

/// Returns the files of `default` as assets of each other language.
fn inherit_defaults(assets: &BTreeMap<String, Asset>, languages: &[Language]) -> Vec<Asset> {
    let defaults: Vec<&Asset> = assets.values().filter(|asset| asset.language == DEFAULT_LANGUAGE).collect();
    let heirs = languages.iter().filter(|language| language.name != DEFAULT_LANGUAGE);
    heirs
        .flat_map(|heir| defaults.iter().map(|file| Asset::new(&heir.name, file.path.clone(), file.source.clone())))
        .collect()
}

/// Returns the assets by their keys. Two files with the same key are an error: S3 would keep the one that is uploaded
/// last.
fn index_by_key(files: Vec<Asset>) -> Result<BTreeMap<String, Asset>> {
    let mut assets = BTreeMap::new();
    let mut clashes = Vec::new();
    for file in files {
        match assets.entry(file.key.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(file);
            }
            Entry::Occupied(entry) => {
                let (key, first): (&String, &Asset) = (entry.key(), entry.get());
                clashes.push(format!("{key} ({} and {})", first.source.display(), file.source.display()));
            }
        }
    }
    if clashes.is_empty() {
        return Ok(assets);
    }
    Err(Error::new(ErrorCode::InvalidAssets, format!("two files have the same S3 key: {}", clashes.join(", ")))
        .hint("Rename or remove one file of each pair"))
}

fn validate_names<'a>(prefix: &str, files: impl IntoIterator<Item = &'a Asset>) -> Result<()> {
    let invalid: Vec<String> =
        files.into_iter().filter_map(|file| Some(format!("{} ({})", file.key, key_error(prefix, file)?))).collect();
    if invalid.is_empty() {
        return Ok(());
    }
    let count = format::count(invalid.len(), "asset file");
    Err(Error::new(ErrorCode::InvalidAssets, format!("{count} cannot be uploaded: {}", invalid.join(", ")))
        .hint("Rename the files: a name can have only the characters 0-9 a-z A-Z _ - . and / between folders"))
}

/// Returns why Alexa could not read an object with the file's key, or `None` if it could.
fn key_error(prefix: &str, file: &Asset) -> Option<String> {
    if let Some(odd) = file.key.chars().find(|c| !is_allowed(*c)) {
        return Some(format!("{odd:?} is not allowed"));
    }
    // Checks the whole key, since the name of a language may also be the name of a folder.
    match file.key.split('/').find(|segment| matches!(*segment, "" | "." | "..")) {
        Some("") => return Some("a folder or file has an empty name".to_owned()),
        Some(dots) => return Some(format!("'{dots}' is not allowed as a name")),
        None => {}
    }
    let bytes = prefix.len() + file.key.len();
    is_too_long(prefix, file).then(|| format!("the key must have at most {MAX_KEY_BYTES} bytes, but has {bytes}"))
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')
}

fn is_too_long(prefix: &str, file: &Asset) -> bool {
    prefix.len() + file.key.len() > MAX_KEY_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::project::FileList;
    use std::path::Path;

    fn language(name: &str, assets: &[&str], converted: &[&str]) -> Language {
        let list = |root: &str, files: &[&str]| FileList {
            root: PathBuf::from(format!("/{root}/{name}")),
            files: files.iter().map(|file| file.to_string()).collect(),
        };
        Language { name: name.into(), assets: list("raw", assets), converted_assets: list("converted", converted) }
    }

    fn keys_and_sources(languages: &[Language]) -> Vec<(String, String)> {
        let assets = LocalAssets::collect("cats/beta/", languages).unwrap();
        let show = |path: &Path| path.to_string_lossy().replace('\\', "/");
        assets.0.into_iter().map(|(key, asset)| (key, show(&asset.source))).collect()
    }

    fn error(languages: &[Language]) -> String {
        let error = LocalAssets::collect("cats/beta/", languages).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidAssets);
        error.to_string()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(key, source)| (key.to_string(), source.to_string())).collect()
    }

    #[test]
    fn a_language_has_its_own_files_and_the_default_ones_that_it_does_not_override() {
        let languages = [
            language("default", &["intro.mp3", "icon-108.png", "deep/a.json"], &["voice.mp3"]),
            language("de", &["icon-108.png"], &[]),
        ];
        assert_eq!(
            keys_and_sources(&languages),
            pairs(&[
                ("de/deep/a.json", "/raw/default/deep/a.json"),
                ("de/icon-108.png", "/raw/de/icon-108.png"),
                ("de/intro.mp3", "/raw/default/intro.mp3"),
                ("de/voice.mp3", "/converted/default/voice.mp3"),
                ("default/deep/a.json", "/raw/default/deep/a.json"),
                ("default/icon-108.png", "/raw/default/icon-108.png"),
                ("default/intro.mp3", "/raw/default/intro.mp3"),
                ("default/voice.mp3", "/converted/default/voice.mp3"),
            ])
        );
    }

    #[test]
    fn a_languages_own_files_override_inherited_ones_whether_raw_or_converted() {
        let languages = [language("en-GB", &["a.mp3"], &["b.mp3"]), language("default", &["b.mp3"], &["a.mp3"])];
        assert_eq!(
            keys_and_sources(&languages),
            pairs(&[
                ("default/a.mp3", "/converted/default/a.mp3"),
                ("default/b.mp3", "/raw/default/b.mp3"),
                ("en-GB/a.mp3", "/raw/en-GB/a.mp3"),
                ("en-GB/b.mp3", "/converted/en-GB/b.mp3"),
            ])
        );
    }

    #[test]
    fn windows_separators_become_slashes_in_keys() {
        let languages = [language("default", &["sounds\\deep\\a.mp3"], &[])];
        let asset = &LocalAssets::collect("cats/beta/", &languages).unwrap().0["default/sounds/deep/a.mp3"];
        assert_eq!((asset.path.as_str(), asset.content_type), ("sounds/deep/a.mp3", "audio/mpeg"));
        assert!(
            asset.source.ends_with("sounds\\deep\\a.mp3"),
            "{} is the path as the CLI listed it",
            asset.source.display()
        );
    }

    #[test]
    fn files_on_windows_have_the_same_keys_as_on_other_systems() {
        let listed = |files: [&str; 4]| {
            let languages = [language("default", &files, &[]), language("de", &files[..1], &[])];
            LocalAssets::collect("cats/beta/", &languages).unwrap()
        };
        let windows = listed(["icon-108.png", "sounds\\deep\\a.mp3", "sounds\\b/c.mp3", "..odd\\x..y"]);
        let others = listed(["icon-108.png", "sounds/deep/a.mp3", "sounds/b/c.mp3", "..odd/x..y"]);
        let described = |assets: &LocalAssets| -> Vec<_> {
            let assets = assets.iter();
            assets.map(|file| (file.key.clone(), file.path.clone(), file.content_type, file.is_icon())).collect()
        };
        assert_eq!(described(&windows), described(&others));
        assert_eq!(windows.icons().count(), 2);
    }

    #[test]
    fn windows_paths_outside_of_the_folder_are_errors() {
        let outside = [
            "C:\\cats\\x.png",
            "C:x.png",
            "\\x.png",
            "\\\\server\\share\\x.png",
            "\\\\?\\C:\\cats\\x.png",
            "..\\x.png",
            "sounds\\..\\..\\x.png",
            "sounds\\.\\x.png",
            "sounds\\\\x.png",
            "sounds\\",
            "x.png:stream",
        ];
        for name in outside {
            let text = error(&[language("default", &[name], &[])]);
            assert!(text.contains(&format!("default/{}", name.replace('\\', "/"))), "{text}");
        }
    }

    #[test]
    fn the_error_names_both_files_with_the_same_key() {
        let twice = error(&[language("default", &["a.mp3", "b.mp3"], &["a.mp3", "b.mp3"])]);
        for name in ["default/a.mp3", "/raw/default", "/converted/default", "default/b.mp3"] {
            assert!(twice.contains(name), "{twice}");
        }
        let slashes = error(&[language("de", &["a\\b.mp3", "a/b.mp3"], &[])]);
        assert!(slashes.contains("a\\b.mp3") && slashes.contains("a/b.mp3"), "{slashes}");
    }

    #[test]
    fn one_error_names_all_files_whose_names_cannot_be_keys() {
        let text = error(&[
            language("default", &["a b.mp3", "fine.mp3", "ü.png"], &["c:d.json"]),
            language("de", &["what?.txt"], &[]),
        ]);
        assert_eq!(
            text,
            "4 asset files cannot be uploaded: default/a b.mp3 (' ' is not allowed), \
             default/ü.png ('ü' is not allowed), default/c:d.json (':' is not allowed), \
             de/what?.txt ('?' is not allowed). Rename the files: a name can have only the \
             characters 0-9 a-z A-Z _ - . and / between folders."
        );
    }

    #[test]
    fn names_that_are_not_paths_below_the_folder_are_errors() {
        for name in ["../x.png", "a/../x.png", "a/./x.png", "/x.png", "a//x.png", "a/", "", "..\\x.png", ".", "\n"] {
            error(&[language("default", &[name], &[])]);
        }
        for odd in ["..", "", "en GB", "a/../b"] {
            error(&[language(odd, &["x.png"], &[])]);
        }
        keys_and_sources(&[language("default", &[".x", "a/..b", "c..d/.e.", "_-._"], &[])]);
    }

    #[test]
    fn a_key_has_at_most_as_many_bytes_as_s3_allows() {
        let prefix_bytes = "cats/beta/default/".len();
        let (fits, over) = ("x".repeat(1024 - prefix_bytes), "x".repeat(1025 - prefix_bytes));
        keys_and_sources(&[language("default", &[&fits], &[])]);
        assert!(error(&[language("default", &[&over], &[])]).contains("but has 1025"));
        let heir = "en-GB-variant";
        let text = error(&[language("default", &[&fits], &[]), language(heir, &[], &[])]);
        assert!(text.contains(&format!("{heir}/xxx")) && !text.contains("default/xxx"), "{text}");
    }

    #[test]
    fn icons_are_at_the_top_of_a_languages_assets_and_are_inherited() {
        let languages = [
            language("default", &["icon-512.png", "icon-108.png", "deep/icon-108.png", "icon-108.PNG"], &[]),
            language("de", &[], &["icon-108.png"]),
        ];
        let assets = LocalAssets::collect("cats/beta/", &languages).unwrap();
        let icons: Vec<_> = assets.icons().map(|asset| (asset.language.as_str(), asset.path.as_str())).collect();
        assert_eq!(icons, [("de", ICONS[0]), ("de", ICONS[1]), ("default", ICONS[0]), ("default", ICONS[1])]);
    }

    #[test]
    fn without_languages_or_files_there_are_no_assets() {
        assert!(LocalAssets::collect("p/", &[]).unwrap().is_empty());
        assert!(LocalAssets::collect("p/", &[language("default", &[], &[])]).unwrap().is_empty());
    }
}
