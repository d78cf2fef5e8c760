//! Golden vectors, and the runner that judges the crates of this workspace by them.
//!
//! The vectors in `testdata/vectors` are results of the official JavaScript packages; the README there describes the
//! format of each file. [`run_dir`] judges every file of a folder: a judge carries out each case with the real crates,
//! and the result is compared with the official one. Where ours differs on purpose, the difference is one of the
//! [`rules`], and what we do has to be exactly what the rule says.
//!
//! `cargo xtask vectors` and the tests of this crate are the two callers.

mod case;
mod compare;
mod judges;
mod refusal;
mod report;
mod rules;
mod runner;

use std::path::{Path, PathBuf};

pub use report::{CaseResult, FileReport, FileResult, Report, Verdict};
pub use rules::{Rule, rules};
pub use runner::{run_dir, run_text};

/// The folder with the vectors of this repository.
#[must_use]
pub fn default_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}
