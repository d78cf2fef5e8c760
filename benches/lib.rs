//! Benchmarks: `cargo bench -p lit-benches`.
