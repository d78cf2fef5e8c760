//! Where and with what was measured.

use std::{fs, io};

use serde::Deserialize;

use super::markdown::table;
use crate::run::{output, root};

/// The machine and the versions as Markdown.
pub(super) fn describe() -> io::Result<String> {
    let said = |line: &str| output(line, |_| {}).map(|text| text.trim().to_owned());
    let cores = std::thread::available_parallelism()?;
    let facts = [
        ("processor", format!("{}, {cores} cores", processor())),
        ("memory", memory()),
        ("system", said("uname -srm")?),
        (
            "this repository",
            said("git describe --always --dirty --exclude=*")?,
        ),
        ("Rust", said("rustc --version")?),
        ("Node.js", said("node --version")?),
        (
            "official client",
            format!(
                "@lit-protocol/lit-node-client {}",
                installed("@lit-protocol/lit-node-client")?
            ),
        ),
        ("anvil", installed("@foundry-rs/anvil")?),
    ];
    let rows = facts.map(|(name, value)| vec![name.to_owned(), value]);
    Ok(table(&["", ""], rows))
}

fn processor() -> String {
    field("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

fn memory() -> String {
    let kibibytes = field("/proc/meminfo", "MemTotal")
        .and_then(|text| text.trim_end_matches(" kB").parse::<f64>().ok());
    kibibytes.map_or("?".to_owned(), |kibibytes| {
        format!("{:.1} GiB", kibibytes / 1024.0 / 1024.0)
    })
}

/// The first value of this name in a file of `/proc`.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = lines.find(|(found, _)| found.trim() == name)?;
    Some(value.trim().to_owned())
}

/// The version of an installed package of npm.
fn installed(package: &str) -> io::Result<String> {
    #[derive(Deserialize)]
    struct Package {
        version: String,
    }
    let manifest = root()
        .join("interop/node_modules")
        .join(package)
        .join("package.json");
    let package: Package = serde_json::from_str(&fs::read_to_string(manifest)?)?;
    Ok(package.version)
}
