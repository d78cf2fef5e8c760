use std::{io, process::ExitCode};

use crate::{
    interop,
    run::{root, step},
};

/// Arguments of `cargo xtask matrix`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Leave out the official JavaScript client, which needs node and npm
    #[arg(long)]
    ours: bool,
}

/// Runs all cells of the fault matrix, and prints them as Markdown.
pub(crate) fn run(args: &Args) -> io::Result<ExitCode> {
    if !args.ours {
        interop::install()?;
    }
    step(
        "cargo test --quiet --package lit-sdk --all-features --test matrix -- --nocapture --test-threads 1",
        |command| {
            command.env("LIT_MATRIX", "all");
            if !args.ours {
                command.env("LIT_MATRIX_OFFICIAL", root().join("interop/matrix.mjs"));
            }
        },
    )?;
    Ok(ExitCode::SUCCESS)
}
