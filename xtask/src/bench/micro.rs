//! The criterion benches, and the ratios in them that have a budget.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use serde::Deserialize;

use crate::run::step;

/// The maximum of `ours` over `floor` in a group of `benches/benches/micro`.
const BUDGETS: [(&str, &str, f64); 9] = [
    ("verify, repeated root", "ours", 1.5),
    ("verify, first", "ours", 1.2),
    ("mint for 3 nodes", "ours", 1.05),
    ("mint for 10 nodes", "ours", 1.05),
    ("mint for 30 nodes", "ours", 1.05),
    ("mint for 100 nodes", "ours", 1.05),
    ("wallet session for 10 nodes", "ours", 1.2),
    ("BLS, combine 7 of 10 and verify", "ours", 1.5),
    ("a session that 10 nodes sign", "PKP session", 1.3),
];

/// The maximum time of `start` in the group of the network, in nanoseconds.
const START: (&str, &str, f64) = ("network of 10 nodes", "start", 5e6);

/// Runs the benches, or those of a group, and prints all that were measured.
///
/// # Errors
/// If a bench fails, or one with a budget was not measured.
pub(crate) fn run(folder: &Path, only: Option<&str>) -> io::Result<ExitCode> {
    let figures = folder.join("criterion");
    if figures.exists() {
        // Figures of benches that are gone.
        fs::remove_dir_all(&figures)?;
    }
    step(
        "cargo bench --quiet --package lit-benches --bench micro --",
        |command| {
            command.env("CRITERION_HOME", &figures).args(only);
        },
    )?;
    let mut measured = Vec::new();
    read(&figures, &mut measured)?;
    measured.sort_by(|one, other| one.key().cmp(&other.key()));
    report(&measured, only.is_some())
}

/// One bench.
struct Figure {
    group: String,
    name: String,
    nanoseconds: f64,
}

impl Figure {
    fn key(&self) -> (&str, &str) {
        (&self.group, &self.name)
    }
}

fn find(measured: &[Figure], group: &str, name: &str) -> Option<f64> {
    let found = measured.iter().find(|figure| figure.key() == (group, name));
    found.map(|figure| figure.nanoseconds)
}

/// Finds the figures that criterion stored below a folder.
fn read(folder: &Path, measured: &mut Vec<Figure>) -> io::Result<()> {
    #[derive(Deserialize)]
    struct Bench {
        group_id: String,
        function_id: Option<String>,
    }
    #[derive(Deserialize)]
    struct Estimates {
        median: Estimate,
    }
    #[derive(Deserialize)]
    struct Estimate {
        point_estimate: f64,
    }
    let bench = folder.join("benchmark.json");
    if folder.ends_with("new") && bench.exists() {
        let bench: Bench = serde_json::from_slice(&fs::read(bench)?)?;
        let estimates = fs::read(folder.join("estimates.json"))?;
        let estimates: Estimates = serde_json::from_slice(&estimates)?;
        measured.push(Figure {
            group: bench.group_id,
            name: bench.function_id.unwrap_or_default(),
            nanoseconds: estimates.median.point_estimate,
        });
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            read(&entry.path(), measured)?;
        }
    }
    Ok(())
}

/// Prints a table. Fails over budget, and for a budget without figures unless only some were measured.
fn report(measured: &[Figure], is_partial: bool) -> io::Result<ExitCode> {
    let mut out = io::stdout();
    let mut code = ExitCode::SUCCESS;
    writeln!(
        out,
        "{:<38} {:<36} {:>12} {:>12} {:>7} {:>7}",
        "group", "bench", "us", "floor", "ratio", "budget"
    )?;
    for Figure {
        group,
        name,
        nanoseconds,
    } in measured.iter().filter(|figure| figure.name != "floor")
    {
        let floor = find(measured, group, "floor");
        let ratio = floor.map(|floor| nanoseconds / floor);
        let text = |figure: Option<f64>| figure.map_or(String::new(), |it| format!("{it:.2}"));
        let budget = BUDGETS
            .iter()
            .find(|(g, n, _)| (g, n) == (&group.as_str(), &name.as_str()));
        let budget = budget.map(|(_, _, budget)| *budget);
        let is_over = match (ratio, budget) {
            (Some(ratio), Some(budget)) => ratio > budget,
            _ => (group.as_str(), name.as_str()) == (START.0, START.1) && *nanoseconds >= START.2,
        };
        writeln!(
            out,
            "{group:<38} {name:<36} {:>12.2} {:>12} {:>7} {:>7}{}",
            nanoseconds / 1e3,
            text(floor.map(|floor| floor / 1e3)),
            text(ratio),
            text(budget),
            if is_over { " TOO SLOW" } else { "" }
        )?;
        if is_over {
            code = ExitCode::FAILURE;
        }
    }
    let budgets = BUDGETS.iter().map(|(group, name, _)| (*group, *name));
    let wanted = budgets.chain([(START.0, START.1)]);
    let lacking: Vec<_> = wanted
        .filter(|(group, name)| find(measured, group, name).is_none())
        .map(|(group, _)| group)
        .collect();
    if !is_partial && !lacking.is_empty() {
        return Err(io::Error::other(format!(
            "benches with a budget were not measured: {}",
            lacking.join(", ")
        )));
    }
    Ok(code)
}
