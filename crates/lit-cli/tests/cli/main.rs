//! The command as people and programs use it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod actions;
mod commands;
mod devnet_config;
mod devnet_logins;
mod failures;
mod state;
mod tls;
mod usage;

use std::{
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The command, without settings of the machine.
fn lit(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lit"));
    command.args(args);
    for variable in [
        "LIT_PRIVATE_KEY",
        "LIT_RPC_URL",
        "LIT_NODES",
        "LIT_THRESHOLD",
        "LIT_LOG",
        "LIT_ALLOW_FETCH",
        "LIT_SERVICES_URL",
        "LIT_CA_CERT",
        "LIT_ETHERS_BUNDLE",
        "LIT_POAP_KEY",
    ] {
        command.env_remove(variable);
    }
    command
}

/// Standard output of a command that succeeds: one JSON value and nothing else.
fn parsed(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The error as JSON: the last line of standard error. Standard output is empty.
fn json_error(output: &Output) -> Value {
    assert!(output.stdout.is_empty(), "{output:?}");
    let text = stderr(output);
    let line = text.lines().last().unwrap();
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Files that are deleted when the test ends.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        text(&path)
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// A network that is stopped when the test ends.
struct Network {
    process: Child,
    // Kept open: the network may write to it.
    _stdout: ChildStdout,
    description: Value,
}

impl Network {
    /// Starts a network of four nodes, and waits until it prints its description.
    fn start(options: &[&str]) -> Self {
        Self::start_with(options, &[])
    }

    /// The same with these variables.
    fn start_with(options: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut process = lit(&["devnet", "--json", "--nodes", "4"])
            .args(["--port", "0", "--rpc-port", "0", "--services-port", "0"])
            .args(options)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = process.stdout.take().unwrap();
        let mut values = serde_json::Deserializer::from_reader(&mut stdout).into_iter();
        let description = values.next();
        drop(values);
        // From here on the process is stopped when this panics.
        let mut network = Self {
            process,
            _stdout: stdout,
            description: Value::Null,
        };
        network.description = description.unwrap().unwrap();
        network
    }

    fn nodes(&self) -> String {
        let nodes = self.description["bootstrapUrls"].as_array().unwrap();
        let nodes: Vec<&str> = nodes.iter().map(|node| node.as_str().unwrap()).collect();
        nodes.join(",")
    }

    fn threshold(&self) -> String {
        self.description["minNodeCount"].to_string()
    }

    fn private_key(&self, wallet: usize) -> &str {
        let keys = &self.description["fundedPrivateKeys"];
        keys[wallet].as_str().unwrap()
    }

    /// A command with the settings of this network and without a wallet.
    fn lit(&self, args: &[&str]) -> Command {
        let mut command = lit(args);
        command
            .env("LIT_NODES", self.nodes())
            .env("LIT_THRESHOLD", self.threshold())
            .env("LIT_RPC_URL", self.description["rpcUrl"].as_str().unwrap());
        command
    }

    /// Runs a command with the settings of this network and one of its funded wallets.
    fn run(&self, wallet: usize, args: &[&str]) -> Output {
        self.lit(args)
            .env("LIT_PRIVATE_KEY", self.private_key(wallet))
            .output()
            .unwrap()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
