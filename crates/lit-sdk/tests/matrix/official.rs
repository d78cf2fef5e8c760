//! The official JavaScript client against the same faults. It has no moved clock, so its times are real.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use alloy_primitives::Address;
use lit_devnet::Devnet;
use lit_test_fakes::temp_dir;
use serde_json::{Value, json};

use crate::{
    FAULTS,
    table::{Cell, Table},
};

const NODES: usize = 10;

const SESSION: &str = "session of a PKP";

/// The script with the official client, in a process of its own.
struct Official {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Official {
    fn drop(&mut self) {
        // An error means that the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Official {
    fn start(script: OsString, network: &std::path::Path) -> Self {
        let mut process = Command::new("node")
            .arg(script)
            .env("LIT_NETWORK", network)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let requests = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self {
            process,
            requests,
            answers,
        }
    }

    fn run(&mut self, operation: &str) -> Cell {
        writeln!(self.requests, "{operation}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let answer: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        let took = Duration::from_millis(answer["ms"].as_u64().unwrap());
        let text = answer["error"].as_str().unwrap_or("ok").replace('|', "/");
        Cell::new(text, took)
    }
}

/// A table of connecting and of sessions of PKPs.
pub(crate) async fn run(script: OsString) -> Table {
    let network = Devnet::builder()
        .with_nodes(NODES)
        .with_http(0)
        .start()
        .await
        .unwrap();
    let folder = temp_dir();
    let file = folder.path().join("network.json");
    std::fs::write(&file, describe(&network).to_string()).unwrap();
    tokio::task::spawn_blocking(move || {
        let mut client = Official::start(script, &file);
        let spare = NODES - network.threshold();
        let counts = [1, spare, spare + 1];
        let operations = ["connect", SESSION];
        let columns = operations
            .iter()
            .flat_map(|operation| counts.map(|count| format!("{operation}, {count} of {NODES}")));
        let mut table = Table::new(
            "The official JavaScript client, in real time",
            columns.collect(),
        );
        let healthy = operations.iter().flat_map(|operation| {
            let cell = client.run(operation);
            [cell, Cell::empty(), Cell::empty()]
        });
        let healthy: Vec<Cell> = healthy.collect();
        table.push("none", healthy);
        for (name, fault) in FAULTS {
            let mut cells = Vec::new();
            for operation in operations {
                for count in counts {
                    let faulty: Vec<usize> = (0..count).map(|at| at * NODES / count).collect();
                    faulty.iter().for_each(|at| network.node(*at).fail(fault));
                    let mut cell = client.run(operation);
                    faulty.iter().for_each(|at| network.node(*at).recover());
                    // It does not verify what it combines; the nodes do.
                    if operation == SESSION && cell.text == "ok" {
                        let used = client.run("use the session");
                        if used.text != "ok" {
                            cell.text = format!("made, and refused: {}", used.text);
                        }
                    }
                    cells.push(cell);
                }
            }
            table.push(name, cells);
        }
        table
    })
    .await
    .unwrap()
}

/// The network as `lit devnet --describe` describes it, as far as the script needs it.
fn describe(network: &Devnet) -> Value {
    let context = network.context();
    let contracts = network.contracts().into_iter();
    let contracts: serde_json::Map<String, Value> = contracts
        .map(|contract| (contract.name, Address::to_string(&contract.address).into()))
        .collect();
    json!({
        "rpcUrl": network.rpc_url(),
        "chainId": context.chain_id(),
        "contracts": contracts,
        "bootstrapUrls": network.node_urls().iter().map(|url| url.as_str()).collect::<Vec<_>>(),
        "minNodeCount": network.threshold(),
        "blockhashUrl": network.blockhash_url(),
        "fundedPrivateKeys": network.funded_keys(),
    })
}
