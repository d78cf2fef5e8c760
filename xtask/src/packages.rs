use std::{
    collections::BTreeSet,
    io::{self, Write},
    process::ExitCode,
};

use crate::run::output;

/// The maximum number of packages behind a crate, itself included: unique lines of `cargo tree -e normal,build`.
const BUDGETS: [(&str, usize); 3] = [
    ("lit-recap", 84),
    ("lit-session-crypto", 114),
    ("lit-sdk", 260),
];

/// Counts, prints, and fails over budget.
pub(crate) fn run() -> io::Result<ExitCode> {
    let mut code = ExitCode::SUCCESS;
    for (package, budget) in BUDGETS {
        let count = count(package)?;
        let verdict = if count <= budget { "ok" } else { "OVER BUDGET" };
        writeln!(
            io::stdout(),
            "{package}: {count} packages, at most {budget}: {verdict}"
        )?;
        if count > budget {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn count(package: &str) -> io::Result<usize> {
    let line = format!("cargo tree --quiet --edges normal,build --prefix none --package {package}");
    let tree = output(&line, |_| {})?;
    let names = tree.lines().filter(|line| !line.is_empty()).map(|line| {
        // Name and version; the rest marks repetitions, macros and paths.
        line.split_whitespace().take(2).collect::<Vec<_>>()
    });
    Ok(names.collect::<BTreeSet<_>>().len())
}
