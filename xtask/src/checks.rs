use std::{
    env, fs,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use crate::{
    fuzz, packages,
    run::{root, step, target},
};

/// The programs of `examples/`.
const EXAMPLES: [&str; 11] = [
    "wallet_session",
    "session_authorizer",
    "backend",
    "faults",
    "lit_action_ipfs",
    "pkp_session",
    "lit_action_session",
    "stored_sessions",
    "hand_over",
    "pkp_signer",
    "encryption",
];

/// How often to try each property.
#[derive(clap::Args)]
pub(crate) struct PropsArgs {
    /// Cases per property; `cargo test` tries 256
    #[arg(long, default_value_t = 10_000)]
    cases: u32,
}

/// Runs the tests of every crate that has properties.
pub(crate) fn props(args: &PropsArgs) -> io::Result<ExitCode> {
    let mut line = "cargo test --all-features --tests".to_owned();
    for package in fs::read_dir(root().join("crates"))? {
        let package = package?;
        let manifest = fs::read_to_string(package.path().join("Cargo.toml"))?;
        if manifest.contains("\nproptest.workspace = true\n") {
            line.push_str(&format!(" --package {}", package.file_name().display()));
        }
    }
    step(&line, |command| {
        command.env("PROPTEST_CASES", args.cases.to_string());
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Runs every check except `cargo test`.
pub(crate) fn ci() -> io::Result<ExitCode> {
    let plain = |line: &str| step(line, |_| {});
    plain("cargo fmt --all --check")?;
    plain("cargo fmt --manifest-path fuzz/Cargo.toml --check")?;
    plain("cargo clippy --workspace --all-targets --all-features -- -D warnings")?;
    // In the folder of this workspace, where most of its dependencies have been checked.
    let folder = target()?;
    step(
        "cargo clippy --locked --manifest-path fuzz/Cargo.toml --all-targets -- -D warnings",
        |command| {
            command.env("CARGO_TARGET_DIR", &folder);
        },
    )?;
    step(
        "cargo doc --workspace --no-deps --all-features",
        |command| {
            command.env("RUSTDOCFLAGS", "-D warnings");
        },
    )?;
    plain("cargo xtask graph --check")?;
    let manifests = ["Cargo.toml", "fuzz/Cargo.toml"];
    for manifest in manifests {
        plain(&format!(
            "cargo deny --config deny.toml --manifest-path {manifest} check bans licenses sources"
        ))?;
    }
    yanked(&manifests)?;
    if packages::run()? != ExitCode::SUCCESS {
        return Ok(ExitCode::FAILURE);
    }
    // Each crate alone. `cargo test` has run with the default features, and what a feature adds is tested with all of them.
    let alone = "--workspace --exclude lit-testdata --exclude xtask --exclude lit-benches --exclude lit-examples --exclude lit-test-fakes";
    plain(&format!(
        "cargo hack check --tests --each-feature --exclude-features default --exclude-all-features {alone}"
    ))?;
    let with_features = "--package lit-contracts --package lit-devnet --package lit-devnet-chain --package lit-node --package lit-node-transport --package lit-sdk --package lit-session-crypto --package lit-store-redis --package lit-types";
    plain(&format!(
        "cargo hack test --no-default-features {with_features}"
    ))?;
    // Crates with several features: any two compile together, and the tests pass with all.
    let several = "--package lit-devnet --package lit-node-transport --package lit-sdk --package lit-store-redis";
    plain(&format!(
        "cargo hack check --feature-powerset --depth 2 --exclude-features default {several}"
    ))?;
    plain(&format!(
        "cargo test --all-features {several} --package lit-types"
    ))?;
    plain("cargo bench --package lit-benches --no-run --profile dev")?;
    plain("cargo xtask vectors")?;
    if fuzz::short()? != ExitCode::SUCCESS {
        return Ok(ExitCode::FAILURE);
    }
    plain("cargo xtask codegen --check")?;
    plain("cargo xtask interop")?;
    for example in EXAMPLES {
        plain(&format!(
            "cargo run --quiet --package lit-examples --example {example}"
        ))?;
    }
    // It takes a while for 10,000 users.
    plain("cargo run --quiet --package lit-examples --example redis_sessions -- 40")?;
    plain("cargo run --quiet -- --json")?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses yanked crates in the lock files.
///
/// The check belongs to cargo-deny's advisories, which need a copy of the advisory database. If `ADVISORY_DB` names a folder
/// with one, known vulnerabilities are checked too. Otherwise a database with one entry for an unused crate name stands in, and
/// the output says so.
fn yanked(manifests: &[&str]) -> io::Result<()> {
    // cargo-deny looks for a clone of its default database under this name.
    const CLONE: &str = "advisory-db-3157b0e258782691";
    const ENTRY: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2000-0001\"\npackage = \"no-such-crate\"\n\
                         date = \"2000-01-01\"\n\n[versions]\npatched = []\n```\n\n# Stands in for a database\n";
    let folder = root().join("target/advisories");
    let databases = match env::var_os("ADVISORY_DB") {
        Some(folder) => folder.into(),
        None => {
            writeln!(
                io::stdout(),
                "ADVISORY_DB is not set: known vulnerabilities are not checked, only yanked crates"
            )?;
            let clone = folder.join("db").join(CLONE);
            if !clone.join(".git").exists() {
                let entry = clone.join("crates/no-such-crate");
                fs::create_dir_all(&entry)?;
                fs::write(entry.join("RUSTSEC-2000-0001.md"), ENTRY)?;
                let git = |line: &str| {
                    step(line, |command| {
                        command.current_dir(&clone);
                    })
                };
                git("git init --quiet")?;
                git("git add --all")?;
                git(
                    "git -c user.name=ci -c user.email=ci@localhost commit --quiet --message database",
                )?;
            }
            folder.join("db")
        }
    };
    fs::create_dir_all(&folder)?;
    let config = folder.join("deny.toml");
    let own = fs::read_to_string(root().join("deny.toml"))?;
    let with_database = own.replace(
        "[advisories]",
        &format!("[advisories]\ndb-path = {:?}", display(&databases)),
    );
    fs::write(&config, with_database)?;
    for manifest in manifests {
        // The offline mode reads the registry index that the fetch has just stored.
        step(&format!("cargo fetch --manifest-path {manifest}"), |_| {})?;
        step(
            &format!("cargo deny --offline --manifest-path {manifest}"),
            |command| {
                command
                    .arg("--config")
                    .arg(&config)
                    .args(["check", "advisories"]);
            },
        )?;
    }
    Ok(())
}

fn display(path: &Path) -> String {
    path.display().to_string()
}
