use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use crate::run::{root, step};

/// The compiler, from npm. It is pinned, since other versions may produce other code.
const SOLC: &str = "0.8.37";

/// The folder of the compiler and its output, from the root.
const WORK: &str = "target/codegen";

/// The sources of the contracts, from the root.
const CONTRACTS: &str = "crates/lit-devnet-chain/contracts";

/// Arguments of `cargo xtask codegen`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing; fail if the committed artifacts differ from the compiled sources
    #[arg(long)]
    check: bool,
}

/// Compiles the contracts of the dev network. Needs node and npm, and the network on the first run.
pub(crate) fn run(args: &Args) -> io::Result<ExitCode> {
    install()?;
    step(
        &format!("node {CONTRACTS}/compile.js {WORK}/artifacts {SOLC}"),
        |command| {
            command.env("NODE_PATH", root().join(WORK).join("node_modules"));
        },
    )?;

    let fresh = contents(&root().join(WORK).join("artifacts"))?;
    let folder = root().join(CONTRACTS).join("artifacts");
    let committed = contents(&folder)?;
    let differing = differing(&fresh, &committed);
    if args.check {
        let mut err = io::stderr().lock();
        for name in &differing {
            writeln!(
                err,
                "{CONTRACTS}/artifacts/{name} is not what the sources give"
            )?;
        }
        if !differing.is_empty() {
            writeln!(err, "`cargo xtask codegen` makes them anew")?;
            return Ok(ExitCode::FAILURE);
        }
    } else {
        write(&folder, &fresh, &differing)?;
    }
    writeln!(
        io::stdout(),
        "{} contracts, {} changed",
        fresh.len(),
        differing.len()
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Installs the compiler unless it is installed.
fn install() -> io::Result<()> {
    let folder = root().join(WORK);
    let installed = fs::read_to_string(folder.join("node_modules/solc/package.json"));
    if installed.is_ok_and(|package| package.contains(&format!("\"version\": \"{SOLC}\""))) {
        return Ok(());
    }
    fs::create_dir_all(&folder)?;
    fs::write(
        folder.join("package.json"),
        format!("{{ \"private\": true, \"dependencies\": {{ \"solc\": \"{SOLC}\" }} }}\n"),
    )?;
    step(
        &format!("npm install --prefix {WORK} --ignore-scripts --no-audit --no-fund"),
        |_| {},
    )
}

/// The files of a folder by name; empty if the folder does not exist.
fn contents(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries?,
    };
    entries
        .map(|entry| {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            Ok((name, fs::read_to_string(entry.path())?))
        })
        .collect()
}

/// The names that one side lacks, or that have other contents there.
fn differing(left: &BTreeMap<String, String>, right: &BTreeMap<String, String>) -> Vec<String> {
    let mut names: Vec<String> = left.keys().chain(right.keys()).cloned().collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| left.get(name) != right.get(name));
    names
}

/// Writes the named files of a folder, and removes those without new contents.
fn write(folder: &Path, files: &BTreeMap<String, String>, names: &[String]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for name in names {
        match files.get(name) {
            Some(text) => fs::write(folder.join(name), text)?,
            None => fs::remove_file(folder.join(name))?,
        }
    }
    Ok(())
}
