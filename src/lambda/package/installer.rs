//! Recognizes the program that installs the skill's dependencies, for hints.

use std::fs;
use std::path::Path;

use crate::error::shown;

/// A program that installs packages, and the folder to run it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Installer {
    kind: Kind,
    /// The folder in hints.
    place: String,
}

impl Default for Installer {
    fn default() -> Self {
        Installer { kind: Kind::Npm, place: "litexa".to_owned() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Npm,
    Pnpm,
    Yarn,
    /// Yarn without node_modules: packages stay in archives, which only Yarn's own loader reads.
    YarnPlugAndPlay,
    Bun,
}

/// The files that each program leaves beside its `package.json`. The first that is there decides.
const LEFT_FILES: [(&str, Kind); 8] = [
    (".pnp.cjs", Kind::YarnPlugAndPlay),
    (".pnp.js", Kind::YarnPlugAndPlay),
    ("pnpm-lock.yaml", Kind::Pnpm),
    ("yarn.lock", Kind::Yarn),
    ("bun.lock", Kind::Bun),
    ("bun.lockb", Kind::Bun),
    ("package-lock.json", Kind::Npm),
    ("npm-shrinkwrap.json", Kind::Npm),
];

impl Installer {
    /// Looks in `litexa`, in the project, and in the workspace around it. Both paths are real ones.
    pub(crate) fn detect(litexa_root: &Path, project_root: &Path) -> Self {
        let kind_in =
            |folder: &Path| LEFT_FILES.iter().find(|(file, _)| folder.join(file).is_file()).map(|(_, kind)| *kind);
        let found = roots(litexa_root, project_root).find_map(|folder| Some((kind_in(folder)?, folder)));
        match found {
            None => Installer::default(),
            Some((kind, folder)) if folder == litexa_root => Installer { kind, ..Installer::default() },
            Some((kind, folder)) => Installer { kind, place: shown(folder) },
        }
    }

    /// Returns the hint that installs what is missing.
    pub(crate) fn install_hint(&self) -> String {
        match self.kind {
            Kind::YarnPlugAndPlay => format!(
                "Yarn's Plug'n'Play keeps packages out of node_modules: run `yarn config set nodeLinker node-modules` \
                 and `yarn install` in {}",
                self.place
            ),
            kind => format!("Run `{} install` in {}", kind.command(), self.place),
        }
    }

    /// Returns the hint that installs native code for the function.
    pub(crate) fn native_hint(&self, cpu: &str) -> String {
        match self.kind {
            Kind::Yarn | Kind::YarnPlugAndPlay => format!(
                "Set `supportedArchitectures` in .yarnrc.yml to `os: [linux]`, `cpu: [{cpu}]` and `libc: [glibc]`, and \
                 run `yarn install` in {}",
                self.place
            ),
            // Its packages for musl and glibc are both installed.
            Kind::Bun => format!("Run `bun install --os=linux --cpu={cpu}` in {}", self.place),
            kind => format!(
                "Run `{} install --os=linux --cpu={cpu} --libc=glibc` in {}, and compile packages without such files on Linux",
                kind.command(),
                self.place
            ),
        }
    }
}

impl Kind {
    fn command(self) -> &'static str {
        match self {
            Kind::Npm => "npm",
            Kind::Pnpm => "pnpm",
            Kind::Yarn | Kind::YarnPlugAndPlay => "yarn",
            Kind::Bun => "bun",
        }
    }
}

/// Returns the folders that an installer may have run in: `litexa`, those of the project, and workspaces around it.
pub(crate) fn roots<'a>(litexa_root: &'a Path, project_root: &'a Path) -> impl Iterator<Item = &'a Path> {
    litexa_root.ancestors().filter(move |folder| folder.starts_with(project_root) || is_workspace(folder))
}

fn is_workspace(folder: &Path) -> bool {
    let declares = || fs::read_to_string(folder.join("package.json")).is_ok_and(|text| text.contains("\"workspaces\""));
    folder.join("pnpm-workspace.yaml").is_file() || declares()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(files: &[&str]) -> String {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, r#"{"workspaces": ["skills/*"]}"#).unwrap();
        }
        let project = folder.path().join("skills/cats");
        let hint = Installer::detect(&project.join("litexa"), &project).install_hint();
        hint.replace(folder.path().to_str().unwrap(), "root").replace('\\', "/")
    }

    #[test]
    fn the_hint_names_the_program_that_was_used_and_where_to_run_it() {
        for (files, expected) in [
            (&[][..], "Run `npm install` in litexa"),
            (&["skills/cats/litexa/package-lock.json"], "Run `npm install` in litexa"),
            (&["skills/cats/litexa/pnpm-lock.yaml", "yarn.lock"], "Run `pnpm install` in litexa"),
            (&["skills/cats/yarn.lock"], "Run `yarn install` in root/skills/cats"),
            (&["package.json", "bun.lock"], "Run `bun install` in root"),
            (&["pnpm-workspace.yaml", "pnpm-lock.yaml"], "Run `pnpm install` in root"),
            // Not a workspace: of something else.
            (&["yarn.lock"], "Run `npm install` in litexa"),
        ] {
            assert_eq!(hint(files), expected, "{files:?}");
        }
        let hint = hint(&["skills/cats/.pnp.cjs", "skills/cats/yarn.lock"]);
        assert!(hint.contains("`yarn config set nodeLinker node-modules`"), "{hint}");
    }

    #[cfg(windows)]
    #[test]
    fn a_real_path_of_windows_is_one_to_change_into() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("yarn.lock"), "").unwrap();
        let project = fs::canonicalize(folder.path()).unwrap();
        let hint = Installer::detect(&project.join("litexa"), &project).install_hint();
        assert!(!hint.contains('?'), "{hint}");
    }
}
