use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use lit_testdata::{FileReport, Report, Verdict, default_dir, rules, run_dir};

/// Arguments of `cargo xtask vectors`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder with the vectors [default: testdata/vectors]
    #[arg(long)]
    dir: Option<PathBuf>,
    /// List the cases that differ by design, and why
    #[arg(long, short)]
    verbose: bool,
}

/// Prints a line per file and the totals, and failures on stderr. Fails if a case does.
pub(crate) fn run(args: &Args) -> io::Result<ExitCode> {
    let dir = args.dir.clone().unwrap_or_else(default_dir);
    let report = run_dir(&dir)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", dir.display())))?;

    let mut err = io::stderr().lock();
    for case in report.files.iter().flat_map(FileReport::cases) {
        if let Verdict::Failed(difference) = &case.verdict {
            writeln!(err, "{} ({})\n    {difference}", case.id, case.description)?;
        }
    }
    let mut out = io::stdout().lock();
    if args.verbose {
        write_rules(&mut out, &report)?;
    }
    writeln!(out, "{report}")?;
    Ok(if report.failed() == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn write_rules(out: &mut impl Write, report: &Report) -> io::Result<()> {
    for rule in rules() {
        let cases = report.files.iter().flat_map(FileReport::cases);
        let ids: Vec<&str> = cases
            .filter(|case| matches!(&case.verdict, Verdict::ByDesign(rules) if rules.contains(&rule.name)))
            .map(|case| case.id.as_str())
            .collect();
        writeln!(
            out,
            "{} ({}): {}\n    {}",
            rule.name,
            ids.len(),
            rule.reason,
            ids.join(" ")
        )?;
    }
    writeln!(out)
}
