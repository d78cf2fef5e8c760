use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use crate::{
    devnet::Devnet,
    run::{root, step, target},
};

/// The modules of `interop/topics`, in running order.
const TOPICS: [&str; 20] = [
    "chain",
    "contracts",
    "anvil",
    "connect",
    "pages",
    "wallet",
    "wasm",
    "pkp",
    "ipfs",
    "reach",
    "providers",
    "tls",
    "relay",
    "sign",
    "encrypt",
    "askers",
    "claim",
    "jwt",
    "webcrypto",
    "credits",
];

/// The additional options of a topic's network.
fn options_of(topic: &str) -> &'static [&'static str] {
    match topic {
        "credits" => &["--capacity"],
        "pages" => &["--allow-origin", "https://app.example.com"],
        _ => &[],
    }
}

/// The folder of the scripts and their packages, from the root.
const SCRIPTS: &str = "interop";

/// The folder of the programs' output, from the root.
const WORK: &str = "target/interop";

/// Checks the packages' ethers as a global of Lit Actions.
const ETHERS_IN_ACTIONS: &str = "cargo run --quiet --package lit-actions --example ethers -- \
                                 interop/node_modules/ethers/dist/ethers.umd.min.js";

/// The number of nodes of the tested network. With three, two must agree.
const NODES: usize = 3;

/// Arguments of `cargo xtask interop`.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Only these topics
    #[arg(long, value_delimiter = ',', value_parser = clap::builder::PossibleValuesParser::new(TOPICS))]
    only: Vec<String>,
}

/// Runs the official JavaScript packages against a fresh dev network per topic. Fails if a check fails.
///
/// Needs node and npm, and the npm registry on the first run.
pub(crate) fn run(args: &Args) -> io::Result<ExitCode> {
    install()?;
    if args.only.is_empty() {
        step(ETHERS_IN_ACTIONS, |_| {})?;
    }
    let programs = Programs::build()?;
    let mut out = io::stdout();
    let started = Instant::now();
    let mut total = Counts::default();
    for topic in TOPICS {
        if !args.only.is_empty() && !args.only.iter().any(|only| only == topic) {
            continue;
        }
        writeln!(out, "--- {topic}")?;
        let counts = run_topic(topic, &programs)?;
        total.passed += counts.passed;
        total.failed += counts.failed;
    }
    writeln!(
        out,
        "{} checks passed, {} failed, in {:.0} s",
        total.passed,
        total.failed,
        started.elapsed().as_secs_f64()
    )?;
    Ok(if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
}

/// Runs one topic and repeats its lines. A topic that ends without success and without a failed check counts as one failure.
fn run_topic(topic: &str, programs: &Programs) -> io::Result<Counts> {
    let network = Devnet::start(&programs.lit, &programs.folder, NODES, options_of(topic))?;
    let log = root().join(WORK).join(format!("{topic}.log"));
    let mut script = Command::new("node")
        .arg(format!("{SCRIPTS}/topic.mjs"))
        .arg(topic)
        .current_dir(root())
        .env("LIT_NETWORK", network.description())
        .env("LIT", &programs.lit)
        .env("LIT_XTASK", &programs.xtask)
        .env("LIT_FOREIGN_SESSION", &programs.foreign_session)
        .env("LIT_FOREIGN_ENCRYPTED", &programs.foreign_encrypted)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(&log)?)
        .spawn()?;
    let mut counts = Counts::default();
    let mut out = io::stdout();
    for line in script
        .stdout
        .take()
        .map(BufReader::new)
        .into_iter()
        .flat_map(BufRead::lines)
    {
        let line = line?;
        counts.passed += usize::from(line.starts_with("ok "));
        counts.failed += usize::from(line.starts_with("FAIL "));
        writeln!(out, "{line}")?;
    }
    if !script.wait()?.success() {
        counts.failed = counts.failed.max(1);
        writeln!(out, "what the packages said is in {}", log.display())?;
    }
    Ok(counts)
}

/// Installs the packages unless those of the lock file are installed.
pub(crate) fn install() -> io::Result<()> {
    let folder = root().join(SCRIPTS);
    let wanted = fs::read_to_string(folder.join("package-lock.json"))?;
    let marker = folder.join("node_modules/.installed-lock.json");
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    step("npm ci --ignore-scripts --no-audit --no-fund", |command| {
        command.current_dir(&folder);
    })?;
    fs::write(marker, wanted)
}

/// Copies of our programs for this run, since another build may replace cargo's. The folder is removed at the end.
struct Programs {
    folder: PathBuf,
    lit: PathBuf,
    /// This program, which has `crypto`.
    xtask: PathBuf,
    foreign_session: PathBuf,
    foreign_encrypted: PathBuf,
}

impl Programs {
    /// Builds with the dev profile, which `cargo test` has already compiled.
    fn build() -> io::Result<Self> {
        step(
            "cargo build --quiet --package lit-cli --package lit-examples --bin lit --example foreign_session \
             --example foreign_encrypted",
            |_| {},
        )?;
        let folder = root().join(WORK).join(std::process::id().to_string());
        fs::create_dir_all(&folder)?;
        let built = target()?.join("debug");
        let copied = |from: &str, name: &str| {
            let copy = folder.join(name);
            fs::copy(built.join(from).join(name), &copy).map(|_| copy)
        };
        Ok(Self {
            xtask: copied("", "xtask")?,
            lit: copied("", "lit")?,
            foreign_session: copied("examples", "foreign_session")?,
            foreign_encrypted: copied("examples", "foreign_encrypted")?,
            folder,
        })
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        // Leftovers are in the target folder.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
