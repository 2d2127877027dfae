//! What tidy looks at: the crates and what they depend on, and every file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result};
use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use super::source::Source;

/// The repository.
#[derive(Debug, Default)]
pub(crate) struct House {
    /// The crates of the workspace.
    pub(crate) crates: Vec<Crate>,
    /// What every package, ours or another's, needs to be built and run, by name.
    pub(crate) needs: BTreeMap<String, BTreeSet<String>>,
    /// Every text file.
    pub(crate) files: Vec<File>,
    /// What stands at the top level.
    pub(crate) top: Vec<String>,
    /// Names in the lock file, one a version.
    pub(crate) locked: Vec<String>,
}

/// One crate of the workspace.
#[derive(Debug, Default, Clone)]
pub(crate) struct Crate {
    pub(crate) name: String,
    /// Its folder, with a `/` behind it; empty for the root.
    pub(crate) folder: String,
    /// What it names itself, without what only its tests need.
    pub(crate) depends_on: Vec<String>,
}

impl Crate {
    pub(crate) fn manifest(&self) -> String {
        format!("{}Cargo.toml", self.folder)
    }
}

/// A text file.
#[derive(Debug, Default, Clone)]
pub(crate) struct File {
    /// From the top, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Nobody wrote it by hand.
    pub(crate) generated: bool,
    /// It is a test, or serves only tests, as a whole.
    pub(crate) test: bool,
}

impl File {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let folder_of_tests = |folder: &str| path.starts_with(folder) || path.contains(&format!("/{folder}"));
        Self {
            path: path.into(),
            text: text.into(),
            generated: path.contains("/generated/"),
            test: ["tests/", "benches/"].into_iter().any(folder_of_tests),
        }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs") && !self.generated
    }

    pub(crate) fn source(&self) -> Source<'_> {
        Source::new(&self.text, self.test)
    }
}

impl House {
    /// Reads the repository at `root`.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut house = Self::default();
        house.read_packages(root)?;
        house.read_lock(root)?;
        for entry in root.read_dir().context("the repository cannot be read")? {
            house.top.push(entry?.file_name().to_string_lossy().into_owned());
        }
        house.top.sort();
        for name in house.top.clone() {
            if ![".git", "target"].contains(&name.as_str()) {
                house.read_files(root, &name)?;
            }
        }
        house.find_test_modules();
        Ok(house)
    }

    /// All that a package needs, with what that needs.
    pub(crate) fn reach(&self, from: &str) -> BTreeSet<&str> {
        let mut reached = BTreeSet::new();
        let mut open = vec![from];
        while let Some(name) = open.pop() {
            for need in self.needs.get(name).into_iter().flatten() {
                if reached.insert(need.as_str()) {
                    open.push(need);
                }
            }
        }
        reached
    }

    /// The Rust files of a crate, without the crates inside its folder.
    pub(crate) fn sources_of<'a>(&'a self, of: &'a Crate) -> impl Iterator<Item = &'a File> {
        self.files.iter().filter(|file| file.is_rust()).filter(move |file| match of.folder.as_str() {
            "" => !file.path.starts_with("crates/"),
            folder => file.path.starts_with(folder),
        })
    }

    pub(crate) fn file(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    fn read_packages(&mut self, root: &Path) -> Result<()> {
        let metadata = MetadataCommand::new()
            .current_dir(root)
            .other_options(vec!["--locked".into(), "--filter-platform".into(), host_triple()?])
            .exec()
            .context("cargo metadata failed")?;
        let names: BTreeMap<_, _> = metadata.packages.iter().map(|p| (&p.id, p.name.to_string())).collect();
        for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let needed =
                node.deps.iter().filter(|dep| dep.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal));
            let needed = needed.filter_map(|dep| names.get(&dep.pkg).cloned());
            if let Some(name) = names.get(&node.id) {
                self.needs.entry(name.clone()).or_default().extend(needed);
            }
        }
        let members = metadata.workspace_packages();
        self.crates =
            members.into_iter().map(|package| crate_of(package, metadata.workspace_root.as_str())).collect();
        self.crates.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(())
    }

    fn read_lock(&mut self, root: &Path) -> Result<()> {
        let text = std::fs::read_to_string(root.join("Cargo.lock")).context("Cargo.lock cannot be read")?;
        let lock: toml::Table = text.parse().context("Cargo.lock is no TOML")?;
        let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
        let name = |package: &toml::Value| Some(package.get("name")?.as_str()?.to_owned());
        self.locked.extend(packages.filter_map(name));
        Ok(())
    }

    fn read_files(&mut self, root: &Path, path: &str) -> Result<()> {
        let full = root.join(path);
        if full.is_dir() {
            let mut inside = Vec::new();
            for entry in full.read_dir().with_context(|| format!("{path} cannot be read"))? {
                inside.push(format!("{path}/{}", entry?.file_name().to_string_lossy()));
            }
            inside.sort();
            return inside.into_iter().try_for_each(|path| self.read_files(root, &path));
        }
        let bytes = std::fs::read(&full).with_context(|| format!("{path} cannot be read"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            self.files.push(File::new(path, &text));
        }
        Ok(())
    }

    /// Marks the files of modules that another file declares as tests.
    fn find_test_modules(&mut self) {
        let mut prefixes = Vec::new();
        for file in self.files.iter().filter(|file| file.is_rust() && !file.test) {
            let Some((folder, name)) = file.path.trim_end_matches(".rs").rsplit_once('/') else { continue };
            let home = if ["lib", "main", "mod"].contains(&name) {
                folder.to_owned()
            } else {
                format!("{folder}/{name}")
            };
            prefixes
                .extend(file.source().test_modules().into_iter().map(|module| format!("{home}/{module}")));
        }
        for file in &mut self.files {
            let own = |prefix: &String| {
                file.path
                    .strip_prefix(prefix.as_str())
                    .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            };
            file.test |= prefixes.iter().any(own);
        }
    }
}

fn crate_of(package: &Package, root: &str) -> Crate {
    let folder = package.manifest_path.parent().map(|path| path.as_str()).unwrap_or_default();
    let folder = folder.strip_prefix(root).unwrap_or(folder).trim_start_matches('/');
    let own = package.dependencies.iter().filter(|dep| dep.kind != DependencyKind::Development);
    let mut depends_on: Vec<_> = own.map(|dep| dep.name.clone()).collect();
    depends_on.sort();
    depends_on.dedup();
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    Crate { name: package.name.to_string(), folder, depends_on }
}

fn host_triple() -> Result<String> {
    let out = std::process::Command::new("rustc").arg("-vV").output().context("rustc cannot be run")?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say its host")?.to_owned())
}
