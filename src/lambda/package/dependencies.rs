//! Finds the packages that the skill's `package.json` reaches, and those that are missing.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use crate::fs::parallel_map;
use crate::lambda::package::manifest::{self, Manifest};
use crate::lambda::package::resolve::Resolver;

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

/// The packages that some others reach, by their real folders.
pub(crate) struct Dependencies {
    resolver: Resolver,
    packages: HashMap<PathBuf, Dependency>,
    /// In the order in which they were found, which does not depend on the machine.
    pub(crate) order: Vec<PathBuf>,
    pub(crate) missing: Vec<Missing>,
    pub(crate) missing_peers: Vec<Missing>,
}

impl Dependencies {
    /// Finds what the skill reaches. `litexa_root` and `node_modules` are real paths.
    pub(crate) fn of_skill(litexa_root: &Path, node_modules: &Path, manifest: Manifest) -> Self {
        let mut found = Dependencies {
            resolver: Resolver::new(node_modules.to_owned()),
            packages: HashMap::new(),
            order: Vec::new(),
            missing: Vec::new(),
            missing_peers: Vec::new(),
        };
        let skill = found.load(litexa_root, String::new(), manifest);
        found.report_missing(&skill, None);
        let direct = targets(&skill);
        found.packages.insert(litexa_root.to_owned(), skill);
        found.add(direct);
        found
    }

    pub(crate) fn get(&self, folder: &Path) -> Option<&Dependency> {
        self.packages.get(folder)
    }

    /// Adds packages, and everything that they reach, whether or not something is missing.
    pub(crate) fn add_optional(&mut self, packages: Vec<(String, PathBuf)>) {
        let missing = (self.missing.clone(), self.missing_peers.clone());
        self.add(packages);
        (self.missing, self.missing_peers) = missing;
    }

    /// Level by level, so that the files of one are read concurrently.
    fn add(&mut self, mut level: Vec<(String, PathBuf)>) {
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
                self.report_missing(&dependency, Some(dependency.label()));
                self.order.push(folder.clone());
                self.packages.insert(folder, dependency);
            }
        }
    }

    fn load(&self, folder: &Path, name: String, manifest: Manifest) -> Dependency {
        let resolved = manifest.names().filter_map(|name| Some((name.clone(), self.resolver.resolve(folder, name)?)));
        Dependency { loads: resolved.collect(), name, manifest }
    }

    fn report_missing(&mut self, dependency: &Dependency, required_by: Option<String>) {
        let missing = |names: &std::collections::BTreeSet<String>| {
            let names = names.iter().filter(|name| !dependency.loads.contains_key(*name) && !is_provided(name));
            names.map(|name| Missing { name: name.clone(), required_by: required_by.clone() }).collect::<Vec<_>>()
        };
        self.missing.extend(missing(&dependency.manifest.required));
        self.missing_peers.extend(missing(&dependency.manifest.peers));
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
    name == "aws-sdk" || ["@aws-sdk/", "@smithy/", "@types/"].iter().any(|scope| name.starts_with(scope))
}
