mod budgets;
mod chain;
mod comparison;
mod faults;
mod growth;
mod load;
mod machine;
mod many;
mod markdown;
mod micro;
mod plot;
mod program;
mod report;
mod times;
mod users;

use std::{fs, io, process::ExitCode};

use crate::run::root;

/// The folder of logs and network descriptions, from the root.
const WORK: &str = "target/bench";

/// Speed and memory, in the release profile.
#[derive(clap::Subcommand)]
pub(crate) enum Bench {
    /// Measure everything, write it to benches/results and the README, and check the budgets
    Report(report::Args),
    /// Make many calls at once, in memory and over loopback HTTP, with 1,024 open files
    Load {
        /// How many PKP sessions, and how many executions
        #[arg(long, default_value_t = 1000)]
        calls: usize,
    },
    /// Run the criterion benches, each beside its floor, and check the ratios that have a budget
    Micro {
        /// Only benches whose name has this text
        only: Option<String>,
    },
}

pub(crate) fn run(bench: &Bench) -> io::Result<ExitCode> {
    let folder = root().join(WORK);
    fs::create_dir_all(&folder)?;
    match bench {
        Bench::Report(args) => report::run(args, folder),
        Bench::Load { calls } => many::run(*calls, &folder),
        Bench::Micro { only } => micro::run(&folder, only.as_deref()),
    }
}
