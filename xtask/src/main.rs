//! Developer tasks, run as `cargo xtask <task>`.

mod vectors;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

/// Developer tasks.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Judge the crates by golden vectors of the official client
    Vectors(vectors::Args),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Vectors(args) => vectors::run(&args),
    };
    done.unwrap_or_else(|error| {
        // Where stderr is closed nobody reads it.
        let _ = writeln!(io::stderr(), "error: {error}");
        ExitCode::FAILURE
    })
}
