use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use serde::de::DeserializeOwned;

use crate::{
    devnet::Devnet,
    run::{command, output, processor_time, root, step, target},
};

/// A program that answers each line of its input with a line of JSON. Dropping this ends it.
pub(super) struct Program {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Program {
    /// Starts the program; what it says besides goes to this file.
    pub(super) fn start(command: &mut Command, log: PathBuf) -> io::Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(io::Error::other("a program has no pipes"));
        };
        Ok(Self {
            process,
            input,
            output: BufReader::new(output),
            log,
        })
    }

    /// Starts our flows on this network.
    pub(super) fn ours(network: &Devnet, folder: &Path) -> io::Result<Self> {
        let mut program = program("flows")?;
        Self::start(program.arg(network.description()), folder.join("ours.log"))
    }

    /// Starts the flows of the official client on this network.
    pub(super) fn official(network: &Devnet, folder: &Path) -> io::Result<Self> {
        let mut program = command("node interop/bench/flows.mjs");
        Self::start(
            program.env("LIT_NETWORK", network.description()),
            folder.join("official.log"),
        )
    }

    pub(super) fn processor_time(&self) -> Option<Duration> {
        processor_time(&self.process)
    }

    /// Sends a line, and waits for the answer.
    pub(super) fn ask<T: DeserializeOwned>(&mut self, line: &str) -> io::Result<T> {
        // If the program has ended, its log says more than this error.
        let _ = writeln!(self.input, "{line}");
        let mut answer = String::new();
        self.output.read_line(&mut answer)?;
        serde_json::from_str(&answer).map_err(|error| {
            let log = self.log.display();
            io::Error::other(format!("no answer to `{line}`; see {log}: {error}"))
        })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // An error means that the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Builds `lit` and the programs of `benches/programs`.
pub(super) fn build() -> io::Result<()> {
    step(
        "cargo build --release --package lit-cli --package lit-benches --bin lit --example programs",
        |_| {},
    )
}

/// Starts a network in a process of its own.
pub(super) fn network(folder: &Path, nodes: usize) -> io::Result<Devnet> {
    Devnet::start(&target()?.join("release/lit"), folder, nodes, &[])
}

/// A program of `benches/programs`.
pub(super) fn program(name: &str) -> io::Result<Command> {
    let mut program = Command::new(programs()?);
    program.arg(name).current_dir(root());
    Ok(program)
}

/// The path of what has all programs of `benches/programs`.
pub(super) fn programs() -> io::Result<PathBuf> {
    Ok(target()?.join("release/examples/programs"))
}

/// Runs a program of `benches/programs` to its end, and reads the JSON that it prints.
pub(super) fn run<T: DeserializeOwned>(name: &str, args: &[&str]) -> io::Result<T> {
    let text = output(&programs()?.display().to_string(), |command| {
        command.arg(name).args(args);
    })?;
    serde_json::from_str(&text).map_err(io::Error::other)
}
