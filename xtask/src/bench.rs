use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    devnet::Devnet,
    interop,
    run::{output, root, step, target},
};

/// The folder of the figures, from the root.
const WORK: &str = "target/bench";

/// The minimum factor by which our client must be faster than the official one.
const BUDGETS: [(&str, f64); 3] = [
    ("wallet session, new", 200.0),
    ("PKP session, new", 30.0),
    ("Lit Action session, new", 30.0),
];

/// The maximum factor for a flow with slow nodes.
const SLOW_NODES_BUDGET: f64 = 1.2;
/// The flows that have this budget.
const SLOW_NODES_FLOWS: [&str; 4] = [
    "PKP session",
    "Lit Action session",
    "execute_js",
    "pkp_sign",
];

/// Comparisons with other programs, and of our client under faults, in the release profile.
#[derive(clap::Subcommand)]
pub(crate) enum Bench {
    /// Compare our client with the official one on the same network
    Flows {
        /// The network, a file that `lit devnet --describe` wrote [default: starts one of ten nodes]
        #[arg(long, value_name = "FILE")]
        network: Option<PathBuf>,
        /// How often to run each flow
        #[arg(long, default_value_t = 30)]
        iters: usize,
    },
    /// Compare our client with and without three slow nodes of ten
    Faults {
        /// How often to run each flow
        #[arg(long, default_value_t = 30)]
        iters: usize,
    },
    /// Make many calls at once, in memory and over loopback HTTP, with 1,024 open files
    Load {
        /// How many PKP sessions, and how many executions
        #[arg(long, default_value_t = 1000)]
        calls: usize,
    },
    /// Compare the dev chain with anvil
    Chain {
        /// How often to run each operation
        #[arg(long, default_value_t = 200)]
        iters: usize,
    },
}

/// Milliseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Times {
    min: f64,
    median: f64,
    p95: f64,
    /// Processor time of the client per call, if measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu: Option<f64>,
}

type Measured = BTreeMap<String, Times>;

/// Runs both sides one after the other and prints a table. The figures are stored as JSON.
pub(crate) fn run(bench: &Bench) -> io::Result<ExitCode> {
    let folder = root().join(WORK);
    fs::create_dir_all(&folder)?;
    match bench {
        Bench::Flows { network, iters } => {
            interop::install()?;
            flows(network.as_deref(), *iters, &folder)
        }
        Bench::Faults { iters } => faults(*iters, &folder),
        Bench::Load { calls } => load(*calls, &folder),
        Bench::Chain { iters } => {
            interop::install()?;
            chain(*iters, &folder)
        }
    }
}

fn flows(network: Option<&Path>, iters: usize, folder: &Path) -> io::Result<ExitCode> {
    step(
        "cargo build --quiet --release --package lit-benches --example flows",
        |_| {},
    )?;
    let started;
    let network = match network {
        Some(file) => file.to_owned(),
        None => {
            started = network_of_ten(folder)?;
            started.description().to_owned()
        }
    };
    let program = target()?.join("release/examples/flows");
    let ours: Measured = parse(&output(&program.display().to_string(), |command| {
        command.arg(&network).arg(iters.to_string());
    })?)?;
    let theirs: Measured = parse(&script("flows", &network, iters)?)?;
    fs::write(
        folder.join("flows.json"),
        serde_json::to_string_pretty(&BTreeMap::from([("ours", &ours), ("official", &theirs)]))?,
    )?;
    table(("ours", &ours), ("official", &theirs))?;
    let mut code = ExitCode::SUCCESS;
    for (flow, budget) in BUDGETS {
        let (ours, theirs) = (times_of(&ours, flow)?, times_of(&theirs, flow)?);
        let factor = theirs.median / ours.median;
        let verdict = if factor >= budget { "ok" } else { "TOO SLOW" };
        writeln!(
            io::stdout(),
            "{flow}: {factor:.0} times faster, at least {budget}: {verdict}"
        )?;
        if factor < budget {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

fn faults(iters: usize, folder: &Path) -> io::Result<ExitCode> {
    step(
        "cargo build --quiet --release --package lit-benches --example slow_nodes",
        |_| {},
    )?;
    let program = target()?.join("release/examples/slow_nodes");
    let measured: BTreeMap<String, Measured> =
        parse(&output(&program.display().to_string(), |command| {
            command.arg(iters.to_string());
        })?)?;
    fs::write(
        folder.join("faults.json"),
        serde_json::to_string_pretty(&measured)?,
    )?;
    let of = |network: &str| measured.get(network).cloned().unwrap_or_default();
    let (healthy, slow) = (of("healthy"), of("slow"));
    table(("all well", &healthy), ("3 of 10 nodes 2 s slow", &slow))?;
    let mut code = ExitCode::SUCCESS;
    for flow in SLOW_NODES_FLOWS {
        let factor = times_of(&slow, flow)?.median / times_of(&healthy, flow)?.median;
        if factor > SLOW_NODES_BUDGET {
            writeln!(
                io::stdout(),
                "{flow}: {factor:.2} times as long, at most {SLOW_NODES_BUDGET}: TOO SLOW"
            )?;
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// Fails if a call is lost.
fn load(calls: usize, folder: &Path) -> io::Result<ExitCode> {
    step(
        "cargo build --quiet --release --package lit-benches --example load",
        |_| {},
    )?;
    let program = target()?.join("release/examples/load");
    let mut code = ExitCode::SUCCESS;
    for way in ["memory", "http"] {
        // The limit is that of the shell, which the program inherits.
        let report = output("sh -c", |command| {
            command.arg("ulimit -n 1024; exec \"$@\"").arg("sh");
            command.arg(&program).arg(way).arg(calls.to_string());
        })?;
        fs::write(folder.join(format!("load-{way}.json")), &report)?;
        let report: LoadReport = parse(&report)?;
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

fn chain(iters: usize, folder: &Path) -> io::Result<ExitCode> {
    let network = network_of_ten(folder)?;
    let measured: BTreeMap<String, Measured> =
        parse(&script("chain", network.description(), iters)?)?;
    fs::write(
        folder.join("chain.json"),
        serde_json::to_string_pretty(&measured)?,
    )?;
    let of = |chain: &str| measured.get(chain).cloned().unwrap_or_default();
    table(("dev chain", &of("dev")), ("anvil", &of("anvil")))?;
    Ok(ExitCode::SUCCESS)
}

fn network_of_ten(folder: &Path) -> io::Result<Devnet> {
    step("cargo build --quiet --release --package lit-cli", |_| {})?;
    Devnet::start(&target()?.join("release/lit"), folder, 10, &[])
}

/// The output of a script of `interop/bench`.
fn script(name: &str, network: &Path, iters: usize) -> io::Result<String> {
    output(
        &format!("node interop/bench/{name}.mjs {iters}"),
        |command| {
            command.env("LIT_NETWORK", network);
        },
    )
}

/// The times of a flow that has a budget.
fn times_of<'a>(flows: &'a Measured, flow: &str) -> io::Result<&'a Times> {
    flows.get(flow).ok_or_else(|| {
        let known: Vec<_> = flows.keys().map(String::as_str).collect();
        let known = known.join(", ");
        io::Error::other(format!(
            "{flow} has a budget and was not measured, only {known}"
        ))
    })
}

fn parse<T: DeserializeOwned>(text: &str) -> io::Result<T> {
    serde_json::from_str(text).map_err(io::Error::other)
}

/// Prints medians side by side, with the factor between them.
fn table(left: (&str, &Measured), right: (&str, &Measured)) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(
        out,
        "{:<24} {:>34} {:>34} {:>8}",
        "ms: min / median / p95 (cpu)", left.0, right.0, "factor"
    )?;
    for (flow, ours) in left.1 {
        let Some(theirs) = right.1.get(flow) else {
            continue;
        };
        writeln!(
            out,
            "{flow:<28} {:>30} {:>34} {:>8.1}",
            cell(ours),
            cell(theirs),
            theirs.median / ours.median
        )?;
    }
    Ok(())
}

fn cell(times: &Times) -> String {
    let Times {
        min,
        median,
        p95,
        cpu,
    } = times;
    let cpu = cpu.map_or(String::new(), |cpu| format!(" ({cpu:.2})"));
    format!("{min:.2} / {median:.2} / {p95:.2}{cpu}")
}
