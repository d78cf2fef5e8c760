//! The programs are in this folder, one per task: `cargo run -p lit-examples --example NAME`.
