//! SECURITY.md names a test for each threat. These tests exist.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The code spans of the last column of the tables.
fn named(page: &str) -> BTreeSet<&str> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

/// The test functions of all sources below a directory.
fn tests(directory: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let mut is_test = false;
            for line in fs::read_to_string(&path).unwrap().lines().map(str::trim) {
                let function = line.trim_start_matches("async ").strip_prefix("fn ");
                if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                    is_test = true;
                } else if let Some((name, _)) = function.and_then(|rest| rest.split_once('('))
                    && std::mem::take(&mut is_test)
                {
                    found.insert(name.to_owned());
                }
            }
        }
    }
}

#[test]
fn the_tests_that_security_names_exist() {
    let page = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let mut existing = BTreeSet::new();
    tests(&root().join("crates"), &mut existing);
    let named = named(&page);
    assert!(named.contains("debug_shows_no_secret"), "{named:?}");
    let missing: Vec<_> = named
        .iter()
        .filter(|test| !existing.contains(**test))
        .collect();
    assert_eq!(missing, Vec::<&&str>::new());
}
