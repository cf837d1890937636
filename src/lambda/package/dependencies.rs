//! Finds the packages that the skill's `package.json` reaches, and those that are missing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::fs::parallel_map;
use crate::lambda::package::manifest::{self, Manifest};
use crate::lambda::package::resolve::Resolver;

/// Version 2 of the AWS SDK.
const AWS_SDK: &str = "aws-sdk";

/// A package that was found.
pub(crate) struct Dependency {
    /// The name by which it was found first. With an alias, it differs from the one in its `package.json`.
    pub(crate) name: String,
    pub(crate) manifest: Manifest,
    /// The packages that it may load: name -> real folder.
    pub(crate) loads: BTreeMap<String, PathBuf>,
}

/// A package that does not resolve.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Missing {
    pub(crate) name: String,
    /// The package that requires it; `None` is the skill.
    pub(crate) required_by: Option<String>,
}

/// A package whose `package.json` cannot be read.
pub(crate) struct Damaged {
    pub(crate) folder: PathBuf,
    pub(crate) cause: String,
    pub(crate) is_required: bool,
}

/// The packages that some others reach, by their real folders.
pub(crate) struct Dependencies {
    resolver: Resolver,
    packages: HashMap<PathBuf, Dependency>,
    /// In the order in which they were found, which does not depend on the machine.
    pub(crate) order: Vec<PathBuf>,
}

/// Everything that the skill reaches, and that does not resolve or cannot be loaded.
#[derive(Default)]
pub(crate) struct MissingDependencies {
    pub(crate) required: Vec<Missing>,
    /// Required by packages that only optional dependencies reach. Installers leave those out that are for another
    /// system.
    pub(crate) of_optional: Vec<Missing>,
    pub(crate) peers: Vec<Missing>,
    /// The installer leaves them out by its settings.
    pub(crate) left_out: Vec<Missing>,
    pub(crate) damaged: Vec<Damaged>,
}

impl Dependencies {
    /// Finds what the skill reaches. `litexa_root` and `node_modules` are real paths.
    pub(crate) fn of_skill(litexa_root: &Path, node_modules: &Path, manifest: Manifest) -> Self {
        let mut found = Dependencies {
            resolver: Resolver::new(node_modules.to_owned()),
            packages: HashMap::new(),
            order: Vec::new(),
        };
        let skill = found.load(litexa_root, String::new(), manifest);
        let direct = targets(&skill);
        found.packages.insert(litexa_root.to_owned(), skill);
        found.add(direct);
        found
    }

    pub(crate) fn get(&self, folder: &Path) -> Option<&Dependency> {
        self.packages.get(folder)
    }

    /// Adds packages, and everything that they reach. Level by level, so that the files of one are read concurrently.
    pub(crate) fn add(&mut self, mut level: Vec<(String, PathBuf)>) {
        while !level.is_empty() {
            let mut new: Vec<(String, PathBuf)> = Vec::new();
            for (name, folder) in level {
                if !self.packages.contains_key(&folder) && !new.iter().any(|(_, known)| *known == folder) {
                    new.push((name, folder));
                }
            }
            let read =
                |(name, folder): &(String, PathBuf)| self.load(folder, name.clone(), manifest::of_dependency(folder));
            let loaded = parallel_map(&new, read);
            level = loaded.iter().flat_map(targets).collect();
            for ((_, folder), dependency) in new.into_iter().zip(loaded) {
                self.order.push(folder.clone());
                self.packages.insert(folder, dependency);
            }
        }
    }

    fn load(&self, folder: &Path, name: String, manifest: Manifest) -> Dependency {
        let resolved = manifest.names().filter_map(|name| Some((name.clone(), self.resolver.resolve(folder, name)?)));
        Dependency { loads: resolved.collect(), name, manifest }
    }

    /// Returns what does not resolve or cannot be loaded. `is_left_out` returns whether the installer leaves out a
    /// dependency of a package by its settings, and is called for those only that are missing.
    pub(crate) fn missing(
        &self,
        litexa_root: &Path,
        is_left_out: impl Fn(&Path, &Manifest, &str) -> bool,
    ) -> MissingDependencies {
        let mut found = MissingDependencies::default();
        let required = self.required_packages(litexa_root);
        for folder in std::iter::once(litexa_root).chain(self.order.iter().map(PathBuf::as_path)) {
            let Some(dependency) = self.packages.get(folder) else { continue };
            let required_by = (folder != litexa_root).then(|| dependency.label());
            let MissingDependencies { required: stop, of_optional, peers, left_out, damaged } = &mut found;
            let is_required = required.contains(folder);
            // Nothing loads types at run time.
            let is_loaded = !dependency.name.starts_with("@types/");
            if let Some(cause) = dependency.manifest.damage.clone().filter(|_| is_loaded) {
                damaged.push(Damaged { folder: folder.to_owned(), cause, is_required });
            }
            let unresolved = if is_required { stop } else { of_optional };
            for (names, list) in [(&dependency.manifest.required, unresolved), (&dependency.manifest.peers, peers)] {
                for name in names.iter().filter(|name| !dependency.loads.contains_key(*name) && !is_provided(name)) {
                    let missing = Missing { name: name.clone(), required_by: required_by.clone() };
                    let is_left_out = is_left_out(folder, &dependency.manifest, name);
                    if is_left_out { left_out.push(missing) } else { list.push(missing) }
                }
            }
        }
        found
    }

    /// Returns whether the skill itself requires `aws-sdk`, which is not installed.
    pub(crate) fn lacks_aws_sdk(&self, litexa_root: &Path) -> bool {
        let lacks =
            |skill: &Dependency| skill.manifest.required.contains(AWS_SDK) && !skill.loads.contains_key(AWS_SDK);
        self.packages.get(litexa_root).is_some_and(lacks)
    }

    /// Returns the skill, and the packages that it reaches without optional dependencies.
    fn required_packages<'a>(&'a self, litexa_root: &'a Path) -> HashSet<&'a Path> {
        let (mut found, mut queue) = (HashSet::from([litexa_root]), vec![litexa_root]);
        while let Some(dependency) = queue.pop().and_then(|folder| self.packages.get(folder)) {
            let Manifest { required, peers, .. } = &dependency.manifest;
            let targets = required.iter().chain(peers).filter_map(|name| dependency.loads.get(name));
            queue.extend(targets.map(PathBuf::as_path).filter(|target| found.insert(target)));
        }
        found
    }
}

impl Dependency {
    /// Returns name and version.
    pub(crate) fn label(&self) -> String {
        match self.manifest.version.as_str() {
            "" => self.name.clone(),
            version => format!("{}@{version}", self.name),
        }
    }
}

fn targets(dependency: &Dependency) -> Vec<(String, PathBuf)> {
    dependency.loads.iter().map(|(name, folder)| (name.clone(), folder.clone())).collect()
}

/// Returns whether a package need not be in the zip: Lambda's runtime includes version 3 of the AWS SDK
/// (<https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html>), our shim replaces version 2, and types are
/// for compilers only.
fn is_provided(name: &str) -> bool {
    name == AWS_SDK || ["@aws-sdk/", "@smithy/", "@types/"].iter().any(|scope| name.starts_with(scope))
}
