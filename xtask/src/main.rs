//! Developer tasks, run as `cargo xtask <task>`.

mod bench;
mod checks;
mod codegen;
mod crypto;
mod devnet;
mod fuzz;
mod graph;
mod interop;
mod matrix;
mod packages;
mod run;
mod vectors;

use std::{
    error::Error as _,
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
    /// Check the crates against golden vectors of the official client
    Vectors(vectors::Args),
    /// Draw the diagram of the crates in ARCHITECTURE.md
    Graph(graph::Args),
    /// Count the packages behind each crate, and check the budgets
    Packages,
    /// Run the property tests with more cases
    Props(checks::PropsArgs),
    /// Run the fuzz targets
    Fuzz(fuzz::Args),
    /// Compile the contracts of the dev network
    Codegen(codegen::Args),
    /// Run the official JavaScript packages against the dev network
    Interop(interop::Args),
    /// Run the whole fault matrix, and print it: which faulty nodes, how many, and what each operation does
    Matrix(matrix::Args),
    /// Compare the speed with other programs
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Answer requests of the `interop` scripts to our cryptography, one JSON line each
    #[command(hide = true)]
    Crypto,
    /// Run all checks except `cargo test`: format, lints, docs, dependencies, features, vectors, fuzzing, interop, examples
    Ci,
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Vectors(args) => vectors::run(&args),
        Task::Graph(args) => graph::run(&args),
        Task::Packages => packages::run(),
        Task::Props(args) => checks::props(&args),
        Task::Fuzz(args) => fuzz::run(&args),
        Task::Codegen(args) => codegen::run(&args),
        Task::Interop(args) => interop::run(&args),
        Task::Matrix(args) => matrix::run(&args),
        Task::Bench(bench) => bench::run(&bench),
        Task::Crypto => crypto::run(),
        Task::Ci => checks::ci(),
    };
    done.unwrap_or_else(|error| {
        let causes = std::iter::successors(error.source(), |cause| (*cause).source());
        let causes: String = causes
            .map(|cause| format!("\n  caused by: {cause}"))
            .collect();
        // If stderr is closed, nobody reads it.
        let _ = writeln!(io::stderr(), "error: {error}{causes}");
        ExitCode::FAILURE
    })
}
