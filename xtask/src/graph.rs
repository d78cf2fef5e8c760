use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    process::ExitCode,
};

use serde::Deserialize;

use crate::run::{output, root};

/// The document that has the diagram, from the root.
const DOCUMENT: &str = "ARCHITECTURE.md";

/// Arguments of `cargo xtask graph`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing; fail if the diagram in ARCHITECTURE.md is not that of the manifests
    #[arg(long)]
    check: bool,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
    optional: bool,
}

/// Whether one crate uses another only with a feature, by the names of both.
type Edges = BTreeMap<(String, String), bool>;

/// Draws which crate uses which into ARCHITECTURE.md, from the manifests.
pub(crate) fn run(args: &Args) -> io::Result<ExitCode> {
    let metadata = output("cargo metadata --no-deps --format-version 1", |_| {})?;
    let metadata: Metadata = serde_json::from_str(&metadata)?;
    let edges = edges(&metadata);
    if edges.is_empty() {
        return Err(io::Error::other(
            "cargo metadata names no crate of crates/ that uses another",
        ));
    }
    let diagram = diagram(&edges);
    let path = root().join(DOCUMENT);
    let text = fs::read_to_string(&path)?;
    let (before, after) = around(&text).ok_or_else(|| {
        io::Error::other(format!(
            "{DOCUMENT} has no block that begins with ```mermaid"
        ))
    })?;
    let fresh = format!("{before}{diagram}{after}");
    if fresh == text {
        writeln!(io::stdout(), "{DOCUMENT} has the diagram of the manifests")?;
    } else if args.check {
        writeln!(
            io::stderr(),
            "the diagram in {DOCUMENT} is not that of the manifests; `cargo xtask graph` draws it anew"
        )?;
        return Ok(ExitCode::FAILURE);
    } else {
        fs::write(path, fresh)?;
        writeln!(io::stdout(), "{DOCUMENT} has a new diagram")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The edges between the crates of `crates/`, without those of tests.
fn edges(metadata: &Metadata) -> Edges {
    let is_crate = |package: &&Package| package.manifest_path.contains("/crates/");
    let crates: BTreeSet<&str> = (metadata.packages.iter())
        .filter(is_crate)
        .map(|package| package.name.as_str())
        .collect();
    let mut edges = Edges::new();
    for package in metadata.packages.iter().filter(is_crate) {
        for dependency in &package.dependencies {
            if dependency.kind.is_none() && crates.contains(dependency.name.as_str()) {
                let edge = (package.name.clone(), dependency.name.clone());
                edges.insert(edge, dependency.optional);
            }
        }
    }
    edges
}

/// In the language of Mermaid. An edge is left out where a longer way says the same; optional ones are dotted.
fn diagram(edges: &Edges) -> String {
    let mut lines = "```mermaid\ngraph TD\n".to_owned();
    for ((from, to), is_optional) in edges {
        let is_implied = edges.iter().any(|((start, middle), optional)| {
            start == from && !optional && middle != to && reaches(edges, middle, to)
        });
        if *is_optional {
            lines.push_str(&format!("    {from} -.-> {to}\n"));
        } else if !is_implied {
            lines.push_str(&format!("    {from} --> {to}\n"));
        }
    }
    lines.push_str("```\n");
    lines
}

fn reaches(edges: &Edges, from: &str, to: &str) -> bool {
    edges
        .iter()
        .filter(|((start, _), optional)| start == from && !**optional)
        .any(|((_, end), _)| end == to || reaches(edges, end, to))
}

/// What stands before and after the diagram.
fn around(text: &str) -> Option<(&str, &str)> {
    let start = text.find("```mermaid\n")?;
    let end = start + text[start..].find("\n```\n")? + "\n```\n".len();
    Some((&text[..start], &text[end..]))
}
