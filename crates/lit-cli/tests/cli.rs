//! The command as people and programs use it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

fn lit(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lit"));
    command
        .args(args)
        .env_remove("LIT_PRIVATE_KEY")
        .env_remove("LIT_NODES")
        .env_remove("LIT_THRESHOLD");
    command
}

/// Standard output is one JSON value and nothing else.
fn json(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A network that is stopped when the test ends.
struct Network {
    process: Child,
    nodes: String,
    threshold: String,
}

impl Network {
    fn start() -> Self {
        let mut process = lit(&["devnet", "--nodes", "4", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        let export = stdout
            .lines()
            .map(Result::unwrap)
            .find(|line| line.starts_with("export "))
            .unwrap();
        let value = |name: &str| {
            export
                .split(name)
                .nth(1)
                .unwrap()
                .split(' ')
                .next()
                .unwrap()
                .to_owned()
        };
        Self {
            nodes: value("LIT_NODES="),
            threshold: value("LIT_THRESHOLD="),
            process,
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn the_tour_runs_without_arguments() {
    let output = lit(&[]).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    for expected in [
        "What was granted",
        "lit-action-execution",
        "wants you to sign in",
        "hello world",
    ] {
        assert!(text.contains(expected), "{expected} is missing in {text}");
    }
}

#[test]
fn the_tour_as_json() {
    let output = lit(&["tour", "--nodes", "5", "--json"]).output().unwrap();
    let report = json(&output);
    assert_eq!(report["answers"].as_array().unwrap().len(), 5);
    assert_eq!(report["response"]["greeting"], "hello world");
    assert_eq!(
        report["response"]["signedInAs"],
        report["session"]["authorisedBy"]
    );
    // Messages are there, on the other stream, and credentials on neither.
    let messages = String::from_utf8(output.stderr).unwrap();
    assert!(messages.contains("5 nodes ran the action"), "{messages}");
    assert!(!report.to_string().contains("\"sig\""));
}

#[test]
fn signatures_for_a_running_network() {
    let network = Network::start();
    let key = "0x0ef348a693855a76ff1f38c7a88c11acf663bdbd4bc649550cad73258e1b3bec";
    let output = lit(&[
        "session",
        "wallet",
        "--json",
        "--grant",
        "lit-action-execution=lit-litaction://QmX",
    ])
    .env("LIT_NODES", &network.nodes)
    .env("LIT_THRESHOLD", &network.threshold)
    .env("LIT_PRIVATE_KEY", key)
    .output()
    .unwrap();
    let made = json(&output);
    assert_eq!(
        made["session"]["authorisedBy"],
        "0x680e3638063a9dF63B3A2B13e1aA0C8a02124168"
    );
    let sigs: lit_sdk::SessionSigs = serde_json::from_value(made["sessionSigs"].clone()).unwrap();
    assert_eq!(sigs.len(), 4);
    for (_, sig) in sigs.iter() {
        lit_sdk::session_crypto::verify_session_signature(sig).unwrap();
    }
    let shown = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!shown.contains(&key[2..]));
}

#[test]
fn errors_say_what_to_do() {
    let grant = ["--grant", "lit-action-execution=lit-litaction://*"];
    let node = ["--node", "http://127.0.0.1:1", "--threshold", "1"];
    let session = |more: &[&str]| {
        let args: Vec<&str> = ["session", "wallet", "--json"]
            .iter()
            .chain(more)
            .copied()
            .collect();
        let output = lit(&args).output().unwrap();
        (
            output.status.code(),
            json(&output)["error"]["message"]
                .as_str()
                .unwrap()
                .to_owned(),
        )
    };
    let (code, message) = session(&[&grant[..], &node[..], &["--random-wallet"]].concat());
    assert_eq!(code, Some(1));
    assert!(
        message.contains("http://127.0.0.1:1") && message.contains("cannot connect"),
        "{message}"
    );
    let (code, message) = session(&[&grant[..], &node[..]].concat());
    assert_eq!(code, Some(1));
    assert!(message.contains("LIT_PRIVATE_KEY"), "{message}");
    let wrong = ["--grant", "pkp-signing=lit-pkp://42", "--random-wallet"];
    let (code, message) = session(&[&wrong[..], &node[..]].concat());
    assert_eq!(code, Some(2));
    assert!(message.contains("decimal and as hex"), "{message}");
    let (code, message) = session(&["--random-wallet"]);
    assert_eq!(code, Some(2));
    assert!(message.contains("--node"), "{message}");
    let output = lit(&["devnet", "--nodes", "2", "--json"]).output().unwrap();
    assert!(
        json(&output)["error"]["message"]
            .as_str()
            .unwrap()
            .contains("3 to 255")
    );
}
