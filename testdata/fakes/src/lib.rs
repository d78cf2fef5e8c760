//! What the tests of the workspace share.
//!
//! * [`FakeHttp`] and [`FakeNodes`] answer as a test says, and keep the requests. [`Reply`] is one answer.
//! * [`AlteredNodes`] changes the answers of other nodes.
//! * [`FakeClock`] stands still until a test moves it.
//! * [`TestRng`], [`rng`] and [`wallet`] draw from a seed, so that a test does the same in every run.
//! * [`Logs`] keeps all that is logged.
//! * [`Secrets`] searches texts for what must not be in them.
//! * [`json_changes`] and [`line_changes`] change a signed text, and [`judge`] counts how its verifier takes that.
//! * [`TempDir`] is a directory that is removed when it is dropped.
//!
//! Only tests depend on this crate, as a dev-dependency. It depends on `lit-types` and `lit-node-transport` alone, so that
//! every crate above those can use it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "only tests use this, and a panic fails the test"
)]

mod clock;
mod http;
mod logs;
mod nodes;
mod reply;
mod secrets;
mod seeded;
mod tamper;

pub use clock::FakeClock;
pub use http::FakeHttp;
pub use logs::Logs;
pub use nodes::{AlteredNodes, FakeNodes, greeting, node_url, node_urls};
pub use reply::Reply;
pub use secrets::Secrets;
pub use seeded::{TestRng, rng, wallet};
pub use tamper::{TamperCounts, Tampered, json_changes, judge, line_changes};
pub use tempfile::TempDir;

/// Makes a new, empty directory that only this user can read.
///
/// # Panics
/// Without a place for temporary files.
#[must_use]
pub fn temp_dir() -> TempDir {
    TempDir::with_prefix("lit-test-").expect("there is a place for temporary files")
}
