//! Many calls at once, with few open files.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use serde::Deserialize;

use super::program;
use crate::run::output;

/// Fails if a call is lost.
pub(super) fn run(calls: usize, folder: &Path) -> io::Result<ExitCode> {
    program::build()?;
    let program = program::programs()?;
    let mut code = ExitCode::SUCCESS;
    for way in ["memory", "http"] {
        // The limit is that of the shell, which the program inherits.
        let report = output("sh -c", |command| {
            command.arg("ulimit -n 1024; exec \"$@\"").arg("sh");
            command
                .arg(&program)
                .args(["load", way])
                .arg(calls.to_string());
        })?;
        fs::write(folder.join(format!("load-{way}.json")), &report)?;
        let report: LoadReport = serde_json::from_str(&report)?;
        let mut out = io::stdout();
        for (name, flow) in &report.flows {
            let LoadFlow { lost, seconds } = flow;
            writeln!(out, "{way}: {calls} {name} in {seconds:.1} s, {lost} lost")?;
            if *lost > 0 {
                code = ExitCode::FAILURE;
            }
        }
        let LoadReport {
            peak_memory_mib,
            peak_open_files,
            ..
        } = report;
        writeln!(
            out,
            "{way}: at most {peak_memory_mib} MiB and {peak_open_files} open files"
        )?;
    }
    Ok(code)
}

/// What the program of the load prints, without the reasons.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoadReport {
    flows: BTreeMap<String, LoadFlow>,
    peak_memory_mib: usize,
    peak_open_files: usize,
}

#[derive(Deserialize)]
struct LoadFlow {
    lost: usize,
    seconds: f64,
}
