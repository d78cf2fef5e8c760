//! The command as people and programs use it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use lit_sdk::ActionCid;
use std::{
    io::{Read, Write},
    net::TcpStream,
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use serde_json::{Value, json};

fn lit(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lit"));
    command
        .args(args)
        .env_remove("LIT_PRIVATE_KEY")
        .env_remove("LIT_RPC_URL")
        .env_remove("LIT_NODES")
        .env_remove("LIT_THRESHOLD");
    command
}

/// Standard output is one JSON value and nothing else.
fn parsed(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A network that is stopped when the test ends.
struct Network {
    process: Child,
    description: Value,
}

impl Network {
    fn start() -> Self {
        Self::start_with(&["--capacity"])
    }

    fn start_with(options: &[&str]) -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("lit-cli-{}-{number}.json", std::process::id());
        let file = std::env::temp_dir().join(name);
        let process = lit(&["devnet", "--nodes", "4"])
            .args(options)
            .args(["--port", "0", "--rpc-port", "0", "--services-port", "0"])
            .arg("--describe")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // From here on the process is stopped whatever happens.
        let mut network = Self {
            process,
            description: Value::Null,
        };
        let text = (0..500).find_map(|_| {
            std::thread::sleep(Duration::from_millis(20));
            std::fs::read_to_string(&file).ok()
        });
        network.description = serde_json::from_str(&text.unwrap()).unwrap();
        std::fs::remove_file(&file).unwrap();
        network
    }

    fn nodes(&self) -> String {
        let nodes = self.description["bootstrapUrls"].as_array().unwrap();
        let nodes: Vec<&str> = nodes.iter().map(|node| node.as_str().unwrap()).collect();
        nodes.join(",")
    }

    /// A command to the nodes, with the wallet of a number.
    fn call(&self, wallet: usize, args: &[&str]) -> Output {
        lit(args)
            .env("LIT_NODES", self.nodes())
            .env("LIT_THRESHOLD", self.threshold())
            .env("LIT_PRIVATE_KEY", self.private_key(wallet))
            .output()
            .unwrap()
    }

    fn private_key(&self, wallet: usize) -> &str {
        let keys = &self.description["fundedPrivateKeys"];
        keys[wallet].as_str().unwrap()
    }

    fn threshold(&self) -> String {
        self.description["minNodeCount"].to_string()
    }

    /// A command on the chain, with the wallet of a number.
    fn chain(&self, wallet: usize, args: &[&str]) -> Output {
        let mut command = self.read_chain(args);
        command.env("LIT_PRIVATE_KEY", self.private_key(wallet));
        command.output().unwrap()
    }

    /// A command on the chain, without a wallet.
    fn read_chain(&self, args: &[&str]) -> Command {
        let mut command = lit(args);
        let url = self.description["rpcUrl"].as_str().unwrap();
        command.args(["--json", "--rpc-url", url]);
        command
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
        "Three ways to a session",
        "an action says yes",
    ] {
        assert!(text.contains(expected), "{expected} is missing in {text}");
    }
}

#[test]
fn the_tour_as_json() {
    let output = lit(&["tour", "--nodes", "5", "--json"]).output().unwrap();
    let report = parsed(&output);
    assert_eq!(report["answers"].as_array().unwrap().len(), 5);
    assert_eq!(report["response"]["greeting"], "hello world");
    assert_eq!(
        report["response"]["signedInAs"],
        report["session"]["authorisedBy"]
    );
    for way in ["signPkp", "signLitAction"] {
        assert!(report["ms"][way].as_f64().unwrap() > 0.0, "{report}");
    }
    let by = |session: &str| report[session]["authorisedBy"].clone();
    assert_eq!(by("pkpSession"), by("litActionSession"));
    assert_ne!(by("pkpSession"), by("session"));
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
    .env("LIT_NODES", network.nodes())
    .env("LIT_THRESHOLD", network.threshold())
    .env("LIT_PRIVATE_KEY", key)
    .output()
    .unwrap();
    let made = parsed(&output);
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
fn what_sessions_are_for() {
    let network = Network::start_with(&[]);
    let pkp = parsed(&network.chain(0, &["pkp", "mint"]));
    let key = pkp["publicKey"].as_str().unwrap();
    let signed = parsed(&network.call(0, &["pkp", "sign", "hello", "--pkp", key, "--json"]));
    assert_eq!(signed["signature"].as_str().unwrap().len(), 132, "{signed}");
    let refused = network.call(1, &["pkp", "sign", "hello", "--pkp", key, "--json"]);
    let refused = parsed(&refused);
    assert_eq!(
        refused["error"]["nodeErrorCode"], "NodeAuthSigScopeTooLimited",
        "{refused}"
    );

    let folder = std::env::temp_dir().join(format!("lit-cli-calls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let action = file(
        "action.js",
        b"Lit.Actions.setResponse({ response: JSON.stringify({ n: n + 1 }) })",
    );
    let run = ["action", "run", &action, "--param", "n=41", "--json"];
    assert_eq!(parsed(&network.call(0, &run))["response"]["n"], 42);
    let cid = lit(&["action", "cid", &action]).output().unwrap();
    let code = std::fs::read(&action).unwrap();
    let expected = ActionCid::of_code(&code).to_string();
    assert_eq!(
        String::from_utf8(cid.stdout).unwrap(),
        format!("{expected}\n")
    );
    let throws = file(
        "throws.js",
        b"console.log('before'); throw new Error('boom')",
    );
    let failed = network.call(0, &["action", "run", &throws]);
    assert!(!failed.status.success() && failed.stdout.is_empty());
    let messages = String::from_utf8(failed.stderr).unwrap();
    assert!(
        messages.contains("before\n") && messages.contains("boom"),
        "{messages}"
    );

    let reader = parsed(&network.chain(0, &["pkp", "list"]))["owner"].clone();
    let conditions = json!({ "accessControlConditions": [{
        "contractAddress": "", "chain": "ethereum", "standardContractType": "", "method": "",
        "parameters": [":userAddress"], "returnValueTest": { "comparator": "=", "value": reader },
    }] });
    let conditions = file("conditions.json", conditions.to_string().as_bytes());
    let secret = file("secret.bin", b"\x00\xffsecret");
    let encrypted = network.call(0, &["encrypt", &secret, "--conditions", &conditions]);
    let encrypted = file("encrypted.json", &encrypted.stdout);
    let decrypted = network.call(0, &["decrypt", &encrypted]);
    assert_eq!(decrypted.stdout, b"\x00\xffsecret");
    let as_json = network.call(0, &["decrypt", &encrypted, "--json"]);
    assert_eq!(parsed(&as_json), json!({ "base64": "AP9zZWNyZXQ=" }));
    let refused = network.call(1, &["decrypt", &encrypted]);
    assert!(!refused.status.success() && refused.stdout.is_empty());
    std::fs::remove_dir_all(&folder).unwrap();
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
            parsed(&output)["error"]["message"]
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
    let (code, message) = session(&[&grant[..], &node[..], &["--key-file", "/no/key"]].concat());
    assert_eq!(code, Some(1));
    assert!(message.contains("cannot read /no/key"), "{message}");
    let wrong = ["--grant", "pkp-signing=lit-pkp://42", "--random-wallet"];
    let (code, message) = session(&[&wrong[..], &node[..]].concat());
    assert_eq!(code, Some(2));
    assert!(message.contains("decimal and as hex"), "{message}");
    let (code, message) = session(&["--random-wallet"]);
    assert_eq!(code, Some(2));
    assert!(message.contains("--node"), "{message}");
    let output = lit(&["devnet", "--nodes", "2", "--json"]).output().unwrap();
    assert!(
        parsed(&output)["error"]["message"]
            .as_str()
            .unwrap()
            .contains("3 to 255")
    );
}

/// One exchange over HTTP, as text.
fn exchange(url: &str, method: &str, path: &str, headers: &str, body: &str) -> String {
    let host = url.trim_start_matches("http://").trim_end_matches('/');
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all((head + body).as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_description_says_what_runs_where() {
    let network = Network::start();
    let description = &network.description;
    assert_eq!(description["bootstrapUrls"].as_array().unwrap().len(), 4);
    assert_eq!(
        (&description["minNodeCount"], &description["chainId"]),
        (&json!(2), &json!(175_188))
    );
    assert_eq!(
        description["fundedPrivateKeys"].as_array().unwrap().len(),
        10
    );
    assert_eq!(description["capacityEnforced"], true);
    let relayer = description["relayUrl"].as_str().unwrap();
    let key = description["relayApiKey"].as_str().unwrap();
    let status = exchange(
        relayer,
        "GET",
        "/auth/status/0x00",
        &format!("api-key: {key}\r\n"),
        "",
    );
    assert!(status.contains("Unable to fetch status"), "{status}");
    let blocks = description["blockhashUrl"].as_str().unwrap();
    let block = exchange(blocks, "GET", "/get_most_recent_valid_block", "", "");
    assert!(block.contains("\"blockhash\":\"0x"), "{block}");
    // The CID of nothing.
    let cid = "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH";
    let put = description["ipfs"]["putUrl"]
        .as_str()
        .unwrap()
        .replace("{cid}", cid);
    let path = put.trim_start_matches(relayer.trim_end_matches('/'));
    let stored = exchange(relayer, "PUT", path, "", "");
    assert!(
        stored.contains(cid) && stored.contains("200 OK"),
        "{stored}"
    );
    for (name, address) in description["contracts"].as_object().unwrap() {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getCode", "params": [address, "latest"]}).to_string();
        let url = description["rpcUrl"].as_str().unwrap();
        let answer = exchange(
            url,
            "POST",
            "/",
            "content-type: application/json\r\n",
            &body,
        );
        assert!(
            answer.contains("\"result\":\"0x60"),
            "{name} has no code: {answer}"
        );
    }
}

#[test]
fn pkps_and_credits() {
    let network = Network::start();
    let minted = parsed(&network.chain(0, &["pkp", "mint"]));
    let token = minted["tokenId"].as_str().unwrap();
    assert_eq!(minted["permittedActions"], json!([]));

    let action = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW";
    let permitted = parsed(&network.chain(0, &["pkp", "permit", token, "--action", action]));
    assert_eq!(permitted["permittedActions"], json!([action]));
    let shown = network
        .read_chain(&["pkp", "show", token])
        .output()
        .unwrap();
    assert_eq!(parsed(&shown), permitted);
    assert_eq!(
        parsed(&network.chain(0, &["pkp", "list"]))["pkps"],
        json!([permitted])
    );
    assert_eq!(
        parsed(&network.chain(1, &["pkp", "list"]))["pkps"],
        json!([])
    );

    let refused = network.chain(1, &["pkp", "permit", token, "--action", action]);
    assert_eq!(refused.status.code(), Some(1));
    let message = parsed(&refused)["error"]["message"].to_string();
    assert!(message.contains("Not PKP NFT owner"), "{message}");

    let minted = parsed(&network.chain(
        0,
        &[
            "credits",
            "mint",
            "--requests-per-day",
            "864",
            "--days",
            "3",
        ],
    ));
    assert_eq!(minted["credits"][0]["requestsPerKilosecond"], 10);
    assert_eq!(minted["credits"][0]["expired"], false);
    assert_eq!(parsed(&network.chain(0, &["credits", "list"])), minted);
}

#[test]
fn sessions_of_a_pkp() {
    let network = Network::start();
    let minted = parsed(&network.chain(0, &["pkp", "mint"]));
    let (key, token) = (&minted["publicKey"], &minted["tokenId"]);
    let (key, token) = (key.as_str().unwrap(), token.as_str().unwrap());
    let code = "Lit.Actions.setResponse({ response: String(magicNumber === 42) })";
    let file = std::env::temp_dir().join(format!("lit-cli-{}.js", std::process::id()));
    std::fs::write(&file, code).unwrap();
    let cid = ActionCid::of_code(code.as_bytes()).to_string();
    let permitted = network.chain(0, &["pkp", "permit", token, "--action", &cid]);
    assert!(permitted.status.success());

    let session = |kind: &str, args: &[&str]| {
        lit(&["session", kind, "--json", "--pkp", key])
            .args(["--grant", "lit-action-execution=lit-litaction://*"])
            .args([
                "--node",
                &network.nodes(),
                "--threshold",
                &network.threshold(),
            ])
            .args(args)
            .env(
                "LIT_PRIVATE_KEY",
                network.description["fundedPrivateKeys"][0]
                    .as_str()
                    .unwrap(),
            )
            .output()
            .unwrap()
    };
    let file = file.to_str().unwrap();
    let of_owner = session("pkp", &[]);
    let by_action = session(
        "action",
        &["--code", file, "--param", "magicNumber=42", "--with-wallet"],
    );
    for output in [of_owner, by_action] {
        let made = parsed(&output);
        assert_eq!(made["sessionSigs"].as_object().unwrap().len(), 4, "{made}");
    }
    let refused = session("action", &["--code", file, "--param", "magicNumber=41"]);
    assert!(!refused.status.success());
    assert_eq!(
        parsed(&refused)["error"]["nodeErrorCode"],
        "NodeLitActionsSessionSigAuthenticationFailed"
    );
    std::fs::remove_file(file).unwrap();
}
