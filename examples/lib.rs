//! The programs are in this folder, one per task: `cargo run -p lit-examples --example NAME`.

/// The README, whose code is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
