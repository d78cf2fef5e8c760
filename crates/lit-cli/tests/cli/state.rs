//! `lit devnet --state`: what survives the process, however it ends.

use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    sync::mpsc,
    thread,
};

use serde_json::{Value, json};

use crate::{Files, Network, lit, stderr, text};

/// The auth method of every PKP that these tests mint.
const METHOD_ID: &str = "0x5171a7e0";

impl Network {
    /// Sends JSON to a URL of the network; `None` if it does not answer.
    fn post(url: &str, body: &Value) -> Option<Value> {
        let (address, path) = url
            .strip_prefix("http://")
            .unwrap()
            .split_once('/')
            .unwrap();
        let body = body.to_string();
        let mut stream = TcpStream::connect(address).ok()?;
        let head = format!(
            "POST /{path} HTTP/1.1\r\nhost: {address}\r\napi-key: test\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(head.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    fn service(&self, path: &str) -> String {
        format!("{}{path}", self.description["relayUrl"].as_str().unwrap())
    }

    pub(crate) fn rpc(&self, method: &str, params: &Value) -> Value {
        let url = format!("{}/", self.description["rpcUrl"].as_str().unwrap());
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        Self::post(&url, &request).unwrap()["result"].take()
    }

    /// The public keys of the minted PKPs, oldest first.
    fn pkps(&self) -> Vec<Value> {
        let query = json!({ "authMethodId": METHOD_ID, "authMethodType": 1 });
        let url = self.service("/fetch-pkps-by-auth-method");
        let found = Self::post(&url, &query).unwrap();
        let pkps = found["pkps"].as_array().unwrap();
        pkps.iter().map(|pkp| pkp["publicKey"].clone()).collect()
    }

    /// Whether the transaction of a mint is on the chain.
    fn has(&self, mint: &Value) -> bool {
        !self
            .rpc("eth_getTransactionReceipt", &json!([mint]))
            .is_null()
    }

    /// Mints PKPs one after the other until the network does not answer, and reports each transaction.
    fn mint_until_killed(&self, minted: mpsc::Sender<Value>) -> thread::JoinHandle<()> {
        let url = self.service("/mint-next-and-add-auth-methods");
        let body = json!({
            "keyType": 2,
            "permittedAuthMethodTypes": [1],
            "permittedAuthMethodIds": [METHOD_ID],
            "permittedAuthMethodPubkeys": ["0x"],
            "permittedAuthMethodScopes": [[1]],
            "addPkpEthAddressAsPermittedAddress": true,
            "sendPkpToItself": true,
        });
        thread::spawn(move || {
            while let Some(answer) = Self::post(&url, &body) {
                if minted.send(answer["requestId"].clone()).is_err() {
                    break;
                }
            }
        })
    }
}

#[test]
fn a_network_that_is_killed_while_it_mints_loses_at_most_the_latest_mints() {
    let files = Files::new();
    let dir = text(&files.path("state"));
    let start = || Network::start(&["--state", &dir]);
    let mut before = Vec::new();
    for mints in [1, 7, 30] {
        let mut network = start();
        assert_eq!(network.pkps(), before);
        let (sender, minted) = mpsc::channel();
        let minter = network.mint_until_killed(sender);
        let mut seen: Vec<Value> = minted.iter().take(mints).collect();
        // This is SIGKILL.
        network.process.kill().unwrap();
        network.process.wait().unwrap();
        minter.join().unwrap();
        seen.extend(minted.iter());

        let network = start();
        let kept: Vec<bool> = seen.iter().map(|mint| network.has(mint)).collect();
        let whole = kept.iter().take_while(|kept| **kept).count();
        assert!(kept[whole..].iter().all(|kept| !kept), "{kept:?}");
        let after = network.pkps();
        assert_eq!(after[..before.len()], before);
        // The last one may have been saved before it was answered.
        let new = after.len() - before.len();
        assert!((whole..=whole + 1).contains(&new), "{new} of {kept:?}");
        before = after;
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_network_loses_nothing() {
    let files = Files::new();
    let dir = text(&files.path("state"));
    let mut network = Network::start(&["--state", &dir]);
    let (sender, minted) = mpsc::channel();
    let minter = network.mint_until_killed(sender);
    let mut seen: Vec<Value> = minted.iter().take(5).collect();
    let interrupt = format!("kill -INT {}", network.process.id());
    let status = Command::new("sh").args(["-c", &interrupt]).status();
    assert!(status.unwrap().success());
    assert_eq!(network.process.wait().unwrap().code(), Some(0));
    minter.join().unwrap();
    seen.extend(minted.iter());
    let network = Network::start(&["--state", &dir]);
    assert!(seen.iter().all(|mint| network.has(mint)));
}

#[test]
fn a_state_that_cannot_be_used_says_why() {
    let files = Files::new();
    let dir = text(&files.path("state"));
    let refused = |options: &[&str]| {
        let output = lit(&["devnet", "--nodes", "4", "--state", &dir, "--port", "0"])
            .args(["--rpc-port", "0", "--services-port", "0"])
            .args(options)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        stderr(&output)
    };
    let network = Network::start(&["--state", &dir]);
    assert_eq!(
        refused(&[]),
        format!(
            "error: state directory {dir} is in use by another network; stop that one, or use another directory\n"
        )
    );
    drop(network);
    let seed = "11".repeat(32);
    assert_eq!(
        refused(&["--seed", &seed]),
        format!(
            "error: {dir}/network.state is the state of a network with another seed; pass that seed, or use another \
             directory\n"
        )
    );
}
