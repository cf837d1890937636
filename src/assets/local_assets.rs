//! Which files are assets, and under which S3 key each of them goes.
//!
//! Every file of every language is an asset of that language. A language other than `default` also gets each
//! file of `default` that it has no own version of, so that a skill finds all its files under one language's URL.

use crate::assets::content_type::content_type;
use crate::config::project::Language;
use crate::error::{Error, ErrorCode, Result};
use std::collections::{BTreeMap, btree_map::Entry};
use std::path::PathBuf;

/// The language whose files every other language inherits.
const DEFAULT_LANGUAGE: &str = "default";

/// Files of these names at the top of a language's assets become the skill's icons in its manifest.
const ICONS: [&str; 2] = ["icon-108.png", "icon-512.png"];

/// S3 counts a key's length in bytes.
const LONGEST_KEY: usize = 1024;

/// All assets of a deployment, by their key below the deployment's prefix: `<language>/<path>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inventory {
    pub(crate) assets: BTreeMap<String, Asset>,
}

/// One file and the object that it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asset {
    /// `<language>/<path>`, to be appended to the deployment's prefix.
    pub(crate) key: String,
    pub(crate) language: String,
    /// Relative to the language's folder, with `/` on every machine.
    pub(crate) path: String,
    /// Where the file is on this machine.
    pub(crate) source: PathBuf,
    pub(crate) content_type: &'static str,
}

impl Asset {
    /// The icon's name where this is one of the skill's icons.
    pub(crate) fn icon(&self) -> Option<&'static str> {
        ICONS.into_iter().find(|name| *name == self.path)
    }
}

impl Inventory {
    /// The skill's icons, inherited ones included, in the order of their keys.
    pub(crate) fn icons(&self) -> impl Iterator<Item = &Asset> {
        self.assets.values().filter(|asset| asset.icon().is_some())
    }
}

/// Lists the assets of all languages under `prefix`, the deployment's folder in the bucket.
///
/// Nothing is read. All names that S3 keys may not have here are told in one error, and so are all files that
/// claim the same key.
pub(crate) fn inventory(prefix: &str, languages: &[Language]) -> Result<Inventory> {
    let files: Vec<Asset> = languages.iter().flat_map(own_files).collect();
    refuse_bad_names(prefix, &files)?;
    let mut assets = by_key(files)?;
    for asset in inherited(&assets, languages) {
        assets.entry(asset.key.clone()).or_insert(asset);
    }
    refuse_long_keys(prefix, &assets)?;
    Ok(Inventory { assets })
}

/// A language's files, raw and converted. Which kind a file is no longer matters from here on.
fn own_files(language: &Language) -> impl Iterator<Item = Asset> {
    [&language.assets, &language.converted_assets].into_iter().flat_map(|list| {
        list.files.iter().map(|file| asset(&language.name, file.replace('\\', "/"), list.root.join(file)))
    })
}

fn asset(language: &str, path: String, source: PathBuf) -> Asset {
    Asset {
        key: format!("{language}/{path}"),
        language: language.to_string(),
        content_type: content_type(&path),
        path,
        source,
    }
}

/// The files of `default` under each other language's key.
fn inherited(assets: &BTreeMap<String, Asset>, languages: &[Language]) -> Vec<Asset> {
    let defaults: Vec<&Asset> = assets.values().filter(|asset| asset.language == DEFAULT_LANGUAGE).collect();
    let heirs = languages.iter().filter(|language| language.name != DEFAULT_LANGUAGE);
    heirs
        .flat_map(|heir| defaults.iter().map(|file| asset(&heir.name, file.path.clone(), file.source.clone())))
        .collect()
}

/// Two files of one language for one key: S3 would keep the one that happens to arrive last.
fn by_key(files: Vec<Asset>) -> Result<BTreeMap<String, Asset>> {
    let mut assets = BTreeMap::new();
    let mut clashes = Vec::new();
    for file in files {
        match assets.entry(file.key.clone()) {
            Entry::Vacant(place) => {
                place.insert(file);
            }
            Entry::Occupied(first) => {
                let (key, first): (&String, &Asset) = (first.key(), first.get());
                clashes.push(format!("{key} ({} and {})", first.source.display(), file.source.display()));
            }
        }
    }
    if clashes.is_empty() {
        return Ok(assets);
    }
    Err(Error::new(ErrorCode::InvalidAssets, format!("two files claim the same key in S3: {}", clashes.join(", ")))
        .hint("Rename or remove one of each two"))
}

fn refuse_bad_names(prefix: &str, files: &[Asset]) -> Result<()> {
    let bad: Vec<String> =
        files.iter().filter_map(|file| Some(format!("{} ({})", file.key, fault(prefix, file)?))).collect();
    if bad.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::InvalidAssets,
        format!("{} cannot be uploaded under {}: {}", count(bad.len()), names(bad.len()), bad.join(", ")),
    )
    .hint("Rename them: a name may have the characters 0-9 a-z A-Z _ - . only, and / between folders"))
}

/// Inherited files can be too long where the file itself is not: their language's name is a longer one.
fn refuse_long_keys(prefix: &str, assets: &BTreeMap<String, Asset>) -> Result<()> {
    let files: Vec<Asset> = assets.values().filter(|asset| too_long(prefix, asset)).cloned().collect();
    refuse_bad_names(prefix, &files)
}

/// Why a file's key is none that Alexa can fetch from S3.
fn fault(prefix: &str, file: &Asset) -> Option<String> {
    if let Some(odd) = file.key.chars().find(|c| !allowed(*c)) {
        return Some(format!("{odd:?} is not allowed"));
    }
    // Checked on the whole key: a language may be a folder's name, too. A leading `/` is an empty segment.
    match file.key.split('/').find(|segment| matches!(*segment, "" | "." | "..")) {
        Some("") => return Some("a part between two / is empty".to_string()),
        Some(dots) => return Some(format!("'{dots}' is no name")),
        None => {}
    }
    too_long(prefix, file)
        .then(|| format!("its key has {} bytes, and S3 takes {LONGEST_KEY}", prefix.len() + file.key.len()))
}

fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')
}

fn too_long(prefix: &str, file: &Asset) -> bool {
    prefix.len() + file.key.len() > LONGEST_KEY
}

fn count(files: usize) -> String {
    if files == 1 { "an asset file".to_string() } else { format!("{files} asset files") }
}

fn names(files: usize) -> &'static str {
    if files == 1 { "its name" } else { "their names" }
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
        let inventory = inventory("cats/beta/", languages).unwrap();
        let show = |path: &Path| path.to_string_lossy().replace('\\', "/");
        inventory.assets.into_iter().map(|(key, asset)| (key, show(&asset.source))).collect()
    }

    fn problem(languages: &[Language]) -> String {
        let error = inventory("cats/beta/", languages).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidAssets);
        error.to_string()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(key, source)| (key.to_string(), source.to_string())).collect()
    }

    #[test]
    fn a_language_gets_its_own_files_and_what_it_does_not_override() {
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
    fn own_files_beat_inherited_ones_whether_raw_or_converted() {
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
    fn windows_separators_become_slashes() {
        let inventory = inventory("cats/beta/", &[language("default", &["sounds\\deep\\a.mp3"], &[])]).unwrap();
        let asset = &inventory.assets["default/sounds/deep/a.mp3"];
        assert_eq!((asset.path.as_str(), asset.content_type), ("sounds/deep/a.mp3", "audio/mpeg"));
        assert!(asset.source.ends_with("sounds\\deep\\a.mp3"), "{:?} is the file as it was listed", asset.source);
    }

    #[test]
    fn files_of_windows_go_where_those_of_other_systems_go() {
        let listed = |files: [&str; 4]| {
            let languages = [language("default", &files, &[]), language("de", &files[..1], &[])];
            inventory("cats/beta/", &languages).unwrap()
        };
        let windows = listed(["icon-108.png", "sounds\\deep\\a.mp3", "sounds\\b/c.mp3", "..odd\\x..y"]);
        let others = listed(["icon-108.png", "sounds/deep/a.mp3", "sounds/b/c.mp3", "..odd/x..y"]);
        let told = |inventory: &Inventory| -> Vec<_> {
            let assets = inventory.assets.iter();
            assets.map(|(key, file)| (key.clone(), file.path.clone(), file.content_type, file.icon())).collect()
        };
        assert_eq!(told(&windows), told(&others));
        assert_eq!(windows.icons().count(), 2);
    }

    #[test]
    fn paths_of_windows_that_leave_the_folder_are_refused() {
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
            let text = problem(&[language("default", &[name], &[])]);
            assert!(text.contains(&format!("default/{}", name.replace('\\', "/"))), "{text}");
        }
    }

    #[test]
    fn two_own_files_for_one_key_are_named_both() {
        let twice = problem(&[language("default", &["a.mp3", "b.mp3"], &["a.mp3", "b.mp3"])]);
        for name in ["default/a.mp3", "/raw/default", "/converted/default", "default/b.mp3"] {
            assert!(twice.contains(name), "{twice}");
        }
        let slashes = problem(&[language("de", &["a\\b.mp3", "a/b.mp3"], &[])]);
        assert!(slashes.contains("a\\b.mp3") && slashes.contains("a/b.mp3"), "{slashes}");
    }

    #[test]
    fn all_bad_names_are_told_at_once() {
        let text = problem(&[
            language("default", &["a b.mp3", "fine.mp3", "ü.png"], &["c:d.json"]),
            language("de", &["what?.txt"], &[]),
        ]);
        assert_eq!(
            text,
            "4 asset files cannot be uploaded under their names: default/a b.mp3 (' ' is not allowed), \
             default/ü.png ('ü' is not allowed), default/c:d.json (':' is not allowed), \
             de/what?.txt ('?' is not allowed). Rename them: a name may have the characters \
             0-9 a-z A-Z _ - . only, and / between folders."
        );
    }

    #[test]
    fn names_that_are_no_paths_below_the_folder_are_refused() {
        for name in ["../x.png", "a/../x.png", "a/./x.png", "/x.png", "a//x.png", "a/", "", "..\\x.png", ".", "\n"] {
            problem(&[language("default", &[name], &[])]);
        }
        for odd in ["..", "", "en GB", "a/../b"] {
            problem(&[language(odd, &["x.png"], &[])]);
        }
        keys_and_sources(&[language("default", &[".x", "a/..b", "c..d/.e.", "_-._"], &[])]);
    }

    #[test]
    fn keys_are_as_long_as_s3_takes_them() {
        let taken = "cats/beta/default/".len();
        let (fits, over) = ("x".repeat(1024 - taken), "x".repeat(1025 - taken));
        keys_and_sources(&[language("default", &[&fits], &[])]);
        assert!(problem(&[language("default", &[&over], &[])]).contains("has 1025 bytes"));
        let heir = "en-GB-variant";
        let text = problem(&[language("default", &[&fits], &[]), language(heir, &[], &[])]);
        assert!(text.contains(&format!("{heir}/xxx")) && !text.contains("default/xxx"), "{text}");
    }

    #[test]
    fn icons_are_at_the_top_of_a_language_and_are_inherited() {
        let languages = [
            language("default", &["icon-512.png", "icon-108.png", "deep/icon-108.png", "icon-108.PNG"], &[]),
            language("de", &[], &["icon-108.png"]),
        ];
        let inventory = inventory("cats/beta/", &languages).unwrap();
        let icons: Vec<_> = inventory.icons().map(|asset| (asset.language.as_str(), asset.icon().unwrap())).collect();
        assert_eq!(icons, [("de", ICONS[0]), ("de", ICONS[1]), ("default", ICONS[0]), ("default", ICONS[1])]);
    }

    #[test]
    fn no_languages_and_no_files_are_no_assets() {
        assert_eq!(inventory("p/", &[]).unwrap(), Inventory::default());
        assert_eq!(inventory("p/", &[language("default", &[], &[])]).unwrap(), Inventory::default());
    }
}
