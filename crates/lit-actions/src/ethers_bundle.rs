use std::{
    env, fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// The environment variable with the path of ethers.
pub(crate) const VARIABLE: &str = "LIT_ETHERS_BUNDLE";
/// The default path of ethers, below the user's cache directory.
pub(crate) const CACHED: &str = "lit-devnet/ethers.umd.min.js";
/// The bundle in an installed package.
const INSTALLED: &str = "node_modules/ethers/dist/ethers.umd.min.js";
const MANIFEST: &str = "node_modules/ethers/package.json";

/// Finds an installed `ethers` 5, for [`ActionEnvironment::with_ethers_bundle`](crate::ActionEnvironment::with_ethers_bundle).
///
/// In this order: the file named by the environment variable `LIT_ETHERS_BUNDLE`; `node_modules/ethers` in `dir` and its parents, if
/// it is version 5, the version of Lit's nodes; `lit-devnet/ethers.umd.min.js` in the user's cache directory (`$XDG_CACHE_HOME`, or
/// `~/.cache`).
///
/// ```
/// use lit_actions::{ActionEnvironment, find_ethers_bundle};
///
/// let mut environment = ActionEnvironment::default();
/// if let Some(bundle) = find_ethers_bundle(&std::env::current_dir()?) {
///     environment = environment.with_ethers_bundle(bundle);
/// }
/// # Ok::<_, std::io::Error>(())
/// ```
#[must_use]
pub fn find_ethers_bundle(dir: &Path) -> Option<PathBuf> {
    if let Some(named) = named() {
        return Some(named);
    }
    let installed = || {
        let mut dirs = dir.ancestors().filter(|dir| has_version_5(dir));
        dirs.find_map(|dir| existing(dir.join(INSTALLED)))
    };
    installed().or_else(|| existing(cached()?))
}

/// The file named by the environment.
pub(crate) fn named() -> Option<PathBuf> {
    variable(VARIABLE).map(PathBuf::from)
}

/// The file in the cache directory, which need not exist.
pub(crate) fn cached() -> Option<PathBuf> {
    let home = || Some(Path::new(&variable("HOME")?).join(".cache"));
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    Some(cache?.join(CACHED))
}

fn variable(name: &str) -> Option<std::ffi::OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn existing(path: PathBuf) -> Option<PathBuf> {
    path.is_file().then_some(path)
}

fn has_version_5(dir: &Path) -> bool {
    #[derive(Deserialize)]
    struct Manifest {
        version: String,
    }
    let manifest = fs::read(dir.join(MANIFEST)).ok();
    manifest
        .and_then(|text| serde_json::from_slice::<Manifest>(&text).ok())
        .is_some_and(|manifest| manifest.version.starts_with("5."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installed_ethers_5_is_found_in_a_directory_above() {
        let root = tempfile::tempdir().unwrap();
        let install = |dir: &Path, version: &str| {
            fs::create_dir_all(dir.join("node_modules/ethers/dist")).unwrap();
            let manifest = format!(r#"{{ "name": "ethers", "version": "{version}" }}"#);
            fs::write(dir.join(MANIFEST), manifest).unwrap();
            fs::write(dir.join(INSTALLED), "").unwrap();
        };
        let inner = root.path().join("app/src");
        install(root.path(), "5.7.2");
        install(&root.path().join("app"), "6.13.4");
        fs::create_dir_all(&inner).unwrap();
        // The variable of the environment comes first, and tests must not change it.
        let expected = named().unwrap_or_else(|| root.path().join(INSTALLED));
        assert_eq!(find_ethers_bundle(&inner), Some(expected));
    }
}
