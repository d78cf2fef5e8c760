//! Failures, as people and programs see them: the texts are exact but for times and the ids of requests.

use std::net::TcpListener;

use lit_sdk::ActionCid;
use serde_json::{Value, json};

use crate::{Files, Network, json_error, lit, parsed, stderr};

/// Standard error without the lines of steps that succeeded, with `_` for times and the ids of requests.
fn report(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with('✓'));
    lines.map(|line| without_times(line) + "\n").collect()
}

fn without_times(line: &str) -> String {
    if let Some((before, after)) = line.split_once("(request ") {
        let (_, after) = after.split_once(')').unwrap();
        return format!("{before}(request _){after}");
    }
    match line.strip_suffix(" ms") {
        Some(row) => format!("{}_ ms", row.trim_end_matches(|c: char| c.is_ascii_digit())),
        None => line.to_owned(),
    }
}

/// An error as JSON, with `_` for times and the ids of requests.
fn settled(mut error: Value) -> Value {
    for cause in error["causes"].as_array_mut().unwrap() {
        *cause = json!(without_times(cause.as_str().unwrap()));
    }
    for node in error["nodes"].as_array_mut().unwrap() {
        assert!(node["ms"].is_f64(), "{node}");
        node["ms"] = json!("_");
    }
    error
}

/// Nobody listens at this port, which is reserved for a service that is not used any more.
const DOWN: &str = "http://127.0.0.1:1";

#[test]
fn a_node_that_is_down() {
    let network = Network::start(&[]);
    let up = network.nodes();
    let up = up.split(',').next().unwrap();
    let down = DOWN;
    let mut args = vec!["session", "wallet", "--random-wallet", "--grant", "run:any"];
    let nodes = format!("{up},{down}");
    args.extend(["--node", &nodes, "--threshold", "2"]);
    let output = lit(&args).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let width = up.len().max(down.len());
    assert_eq!(
        report(&stderr(&output)),
        format!(
            "error: cannot connect to the network
  caused by: POST /web/handshake/: 1 of 2 nodes gave a valid answer, 2 are needed (request _)
  {:width$}  result                                                    time
  {up:width$}  valid answer                                              _ ms
  {down:width$}  cannot connect: Connection refused (os error 111)         _ ms
",
            "node"
        )
    );
    args.push("--json");
    let output = lit(&args).output().unwrap();
    assert_eq!(
        settled(json_error(&output)),
        json!({
            "error": "cannot connect to the network",
            "causes": ["POST /web/handshake/: 1 of 2 nodes gave a valid answer, 2 are needed (request _)"],
            "code": "init_error",
            "kind": "Unexpected",
            "nodeErrorCode": null,
            "nodes": [
                { "node": up, "result": "valid answer", "code": null, "ms": "_" },
                { "node": down, "result": "cannot connect: Connection refused (os error 111)", "code": null, "ms": "_" },
            ],
            "help": null,
        })
    );
    // With a threshold of one the other node is enough, and the message says how many answered.
    let args = [&args[..8], &["1"]].concat();
    let output = lit(&args).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let messages = stderr(&output);
    assert!(
        messages.starts_with("✓ connected: 1 of 2 nodes have answered, 1 are needed ("),
        "{messages}"
    );
}

#[test]
fn no_network() {
    let args = ["session", "wallet", "--random-wallet", "--grant", "run:any"];
    let network = ["--node", DOWN, "--threshold", "1"];
    let output = lit(&[&args[..], &network[..]].concat()).output().unwrap();
    let messages = stderr(&output);
    let help = "\n  help: check --node, or start a network with `lit devnet`\n";
    assert!(messages.ends_with(help), "{messages}");

    let args = ["pkp", "show", "0x1", "--rpc-url"];
    let output = lit(&args)
        .arg(format!("{DOWN}/v1/an-api-key"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        format!(
            "error: cannot read the chain
  caused by: the RPC at {DOWN} does not answer
  caused by: cannot connect
  caused by: Connection refused (os error 111)
  help: start a network with `lit devnet`, or name another chain with --rpc-url
"
        )
    );
}

#[test]
fn the_key_of_another_wallet() {
    let network = Network::start(&[]);
    let minted = parsed(&network.run(0, &["pkp", "mint", "--json"]));
    let pkp = minted["publicKey"].as_str().unwrap();
    let token = minted["tokenId"].as_str().unwrap();
    let other = network.run(1, &["session", "wallet", "--grant", "run:any", "--json"]);
    let other = parsed(&other)["session"]["authorizedBy"].clone();
    let other = other.as_str().unwrap();
    let error = format!("the wallet {other} is not permitted to use the PKP {token} in this way");
    let help = format!("permit the wallet with `lit pkp permit {token} --address {other}`");
    let sign = ["pkp", "sign", "hello", "--pkp", pkp];
    let session = ["session", "pkp", "--pkp", pkp, "--grant", "sign:any"];
    for (args, endpoint) in [
        (&sign[..], "/web/pkp/sign/v1"),
        (&session[..], "/web/sign_session_key/v1"),
    ] {
        let output = network.run(1, args);
        assert_eq!(output.status.code(), Some(1));
        let causes = [
            "the nodes did not carry out the call".to_owned(),
            format!("POST {endpoint}: 0 of 4 nodes gave a valid answer, 2 are needed (request _)"),
        ];
        let report = report(&stderr(&output));
        let start = format!(
            "error: {error}\n  caused by: {}\n  caused by: {}\n  node ",
            causes[0], causes[1]
        );
        assert!(report.starts_with(&start), "{report}");
        assert!(
            report.ends_with(&format!(" _ ms\n  help: {help}\n")),
            "{report}"
        );
        let rows = report
            .matches("refused with 401 NodeAuthSigScopeTooLimited")
            .count();
        // Three refusals decide. The fourth node is waited for, but not for long.
        assert!((3..=4).contains(&rows), "{report}");

        let output = network.run(1, &[args, &["--json"]].concat());
        let failure = settled(json_error(&output));
        assert_eq!(failure["error"], error);
        assert_eq!(failure["causes"], json!(causes));
        assert_eq!(failure["code"], "node_error");
        assert_eq!(failure["kind"], "Unknown");
        assert_eq!(failure["nodeErrorCode"], "NodeAuthSigScopeTooLimited");
        assert_eq!(failure["help"], help);
        let refused = |node: &&Value| node["code"] == "NodeAuthSigScopeTooLimited";
        let rows = failure["nodes"].as_array().unwrap();
        assert!((3..=4).contains(&rows.iter().filter(refused).count()));
    }
    // The help is right.
    parsed(&network.run(0, &["pkp", "permit", token, "--address", other, "--json"]));
    let signed = network.run(1, &["pkp", "sign", "hello", "--pkp", pkp]);
    assert_eq!(signed.status.code(), Some(0));
}

#[test]
fn a_pkp_of_another_owner() {
    let network = Network::start(&[]);
    let minted = parsed(&network.run(0, &["pkp", "mint", "--json"]));
    let token = minted["tokenId"].as_str().unwrap();
    let action = ActionCid::of_code("").to_string();
    let args = ["pkp", "permit", token, "--action", &action, "--json"];
    let output = network.run(1, &args);
    assert_eq!(output.status.code(), Some(1));
    let failure = json_error(&output);
    let message = failure["error"].as_str().unwrap();
    assert!(message.contains("Not PKP NFT owner"), "{message}");
    assert_eq!(
        failure["help"],
        "only the owner of a PKP can change its permissions; `lit pkp show` prints the owner"
    );
}

#[test]
fn an_unknown_pkp() {
    let network = Network::start(&[]);
    let token = format!("0x{}1", "0".repeat(63));
    let action = ActionCid::of_code("").to_string();
    for args in [
        &["pkp", "show", &token][..],
        &["pkp", "permit", &token, "--action", &action],
    ] {
        let output = network.run(0, args);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            stderr(&output),
            format!(
                "error: PKP not found: {token}
  help: `lit pkp list` prints the token ids of the wallet's PKPs
"
            )
        );
    }
}

#[test]
fn a_session_that_has_ended() {
    let network = Network::start(&[]);
    let mut args = vec!["session", "wallet", "--random-wallet", "--grant", "run:any"];
    args.extend(["--expiration", "2020-01-01T00:00:00Z"]);
    let error = "the session cannot end at 2020-01-01T00:00:00Z: it is in the past";
    let output = network.lit(&args).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(report(&stderr(&output)), format!("error: {error}\n"));
    let output = network.lit(&args).arg("--json").output().unwrap();
    let as_json = report(&stderr(&output));
    assert_eq!(
        as_json,
        r#"{"error":"the session cannot end at 2020-01-01T00:00:00Z: it is in the past","causes":[],"code":null,"kind":null,"nodeErrorCode":null,"nodes":[],"help":null}
"#
    );
    // The README shows this line.
    assert!(include_str!("../../README.md").contains(&as_json));
}

#[test]
fn terms_that_a_message_cannot_hold() {
    let network = Network::start(&[]);
    let args = ["session", "wallet", "--random-wallet", "--grant", "run:any"];
    for terms in [["--domain", "a b"], ["--statement", "a\nb"]] {
        let output = network
            .lit(&args)
            .args(terms)
            .arg("--json")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let failure = json_error(&output);
        assert_eq!(failure["error"], "the session was not authorized");
        assert_eq!(failure["causes"][0], "invalid message");
    }
}

#[test]
fn an_action_that_throws() {
    let network = Network::start(&[]);
    let files = Files::new();
    let code = "console.log('before \\u001b[31m'); throw new Error('boom')";
    let throws = files.write("throws.js", code);
    // Threshold 1: every node is waited for.
    let args = ["action", "run", &throws, "--threshold", "1"];
    let output = network.run(0, &args);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let nodes = network.nodes();
    let nodes: Vec<&str> = nodes.split(',').collect();
    let width = nodes.iter().map(|node| node.len()).max().unwrap();
    let result = "refused with 400: Uncaught Error: boom";
    let rows: String = nodes
        .iter()
        .map(|node| format!("  {node:width$}  {result:56}  _ ms\n"))
        .collect();
    // What the action logs does not control the terminal.
    assert_eq!(
        report(&stderr(&output)),
        format!(
            "before \u{fffd}[31m
error: the Lit Action failed: Uncaught Error: boom
    at <user_provided_script>:1:45
  caused by: POST /web/execute/v1: 0 of 4 nodes gave a valid answer, 1 are needed (request _)
  {:width$}  result                                                    time
{rows}  help: correct the code of the action, or pass what it reads with --param
",
            "node"
        )
    );
    let output = network.run(0, &[&args[..], &["--json"]].concat());
    let rows: Vec<Value> = nodes
        .iter()
        .map(|node| json!({ "node": node, "result": result, "code": null, "ms": "_" }))
        .collect();
    assert_eq!(
        settled(json_error(&output)),
        json!({
            "error": "the Lit Action failed: Uncaught Error: boom\n    at <user_provided_script>:1:45",
            "causes": ["POST /web/execute/v1: 0 of 4 nodes gave a valid answer, 1 are needed (request _)"],
            "code": "node_error",
            "kind": "Unknown",
            "nodeErrorCode": null,
            "nodes": rows,
            "help": "correct the code of the action, or pass what it reads with --param",
        })
    );
}

#[test]
fn an_action_that_does_not_authorize() {
    let network = Network::start(&[]);
    let minted = parsed(&network.run(0, &["pkp", "mint", "--json"]));
    let pkp = minted["publicKey"].as_str().unwrap();
    let token = minted["tokenId"].as_str().unwrap();
    let files = Files::new();
    let code = "Lit.Actions.setResponse({ response: String(magicNumber === 42) })";
    let file = files.write("action.js", code);
    let cid = ActionCid::of_code(code).to_string();
    let failure = |number: &str| {
        let param = format!("magicNumber={number}");
        let args = [
            "session", "action", "--pkp", pkp, "--grant", "run:any", "--json",
        ];
        let action = ["--code", &file, "--param", &param];
        let output = network.run(0, &[&args[..], &action[..]].concat());
        assert_eq!(output.status.code(), Some(1));
        json_error(&output)
    };
    let refused = failure("41");
    assert_eq!(
        refused["nodeErrorCode"],
        "NodeLitActionsSessionSigAuthenticationFailed"
    );
    assert_eq!(
        refused["help"],
        "the action authorizes a session if its response is true; check the code and every --param"
    );
    let not_permitted = failure("42");
    assert_eq!(not_permitted["nodeErrorCode"], "NodeAuthSigScopeTooLimited");
    assert_eq!(
        not_permitted["error"],
        format!("the Lit Action {cid} is not permitted to use the PKP {token}")
    );
    assert_eq!(
        not_permitted["help"],
        format!("permit the action with `lit pkp permit {token} --action {cid}`")
    );
}

#[test]
fn a_session_action_that_throws() {
    let network = Network::start(&[]);
    let minted = parsed(&network.run(0, &["pkp", "mint", "--json"]));
    let pkp = minted["publicKey"].as_str().unwrap();
    let files = Files::new();
    let file = files.write(
        "throws.js",
        "console.log('before'); throw new Error('boom')",
    );
    let args = ["session", "action", "--pkp", pkp, "--grant", "run:any"];
    let output = network.run(0, &[&args[..], &["--code", &file, "--json"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let messages = report(&stderr(&output));
    assert!(messages.starts_with("before\n"), "{messages}");
    let failure = json_error(&output);
    assert_eq!(
        failure["error"],
        "the Lit Action failed: Uncaught Error: boom\n    at <user_provided_script>:1:34"
    );
    assert_eq!(
        failure["help"],
        "correct the code of the action, or pass what it reads with --param"
    );
}

#[test]
fn conditions_that_are_not_met() {
    let network = Network::start(&[]);
    let files = Files::new();
    let conditions = json!({ "accessControlConditions": [{
        "contractAddress": "", "chain": "ethereum", "standardContractType": "", "method": "",
        "parameters": [":userAddress"], "returnValueTest": { "comparator": "=", "value": "0x0000000000000000000000000000000000000001" },
    }] });
    let conditions = files.write("conditions.json", conditions.to_string());
    let secret = files.write("secret", "secret");
    let encrypted = network.run(0, &["encrypt", &secret, "--conditions", &conditions]);
    let encrypted = files.write("encrypted.json", &encrypted.stdout);
    let output = network.run(0, &["decrypt", &encrypted, "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        json_error(&output)["nodeErrorCode"],
        "NodeAccessControlConditionsReturnedNotAuthorized"
    );
    assert_eq!(
        json_error(&output)["help"],
        "the wallet must meet the conditions in the file; pass another wallet with --key-file or LIT_PRIVATE_KEY"
    );
}

#[test]
fn a_wallet_without_funds() {
    let network = Network::start(&[]);
    let key = format!("0x{}", "11".repeat(32));
    let address = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A";
    for (command, call) in [("pkp", "mintNext(uint256)"), ("credits", "mint(uint256)")] {
        let mut mint = network.lit(&[command, "mint"]);
        let output = mint.env("LIT_PRIVATE_KEY", &key).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let text = stderr(&output);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            [lines[0], lines[2]],
            [
                format!("error: insufficient funds: send money to {address} to pay for {call}")
                    .as_str(),
                "  help: `lit devnet --describe FILE` lists wallets that have funds on its chain"
            ]
        );
        let cause = "  caused by: server returned an error response: error code -32000: insufficient funds for gas";
        assert!(lines[1].starts_with(cause), "{text}");
    }
}

#[test]
fn no_capacity_credit() {
    let network = Network::start(&["--capacity"]);
    let files = Files::new();
    let code = files.write("hi.js", "Lit.Actions.setResponse({ response: 'hi' })");
    let run = ["action", "run", &code, "--json"];
    let output = network.run(0, &run);
    assert_eq!(output.status.code(), Some(1));
    let failure = json_error(&output);
    assert_eq!(failure["nodeErrorCode"], "rate_limit_exceeded");
    assert_eq!(
        failure["help"],
        "mint a capacity credit with `lit credits mint`"
    );
    // The help is right.
    assert_eq!(network.run(0, &["credits", "mint"]).status.code(), Some(0));
    assert_eq!(network.run(0, &run).status.code(), Some(0));
}

#[test]
fn a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for flag in ["--port", "--rpc-port", "--services-port"] {
        let mut ports = [
            ["--port", "0"],
            ["--rpc-port", "0"],
            ["--services-port", "0"],
        ];
        let text = port.to_string();
        for one in &mut ports {
            if one[0] == flag {
                one[1] = &text;
            }
        }
        let output = lit(&["devnet"])
            .args(ports.as_flattened())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            stderr(&output),
            format!("error: port {port} is in use; pass {flag} 0 to pick a free one\n")
        );
    }
}

#[test]
fn a_threshold_that_the_nodes_cannot_reach() {
    let network = Network::start(&[]);
    let args = [
        "session",
        "wallet",
        "--random-wallet",
        "--grant",
        "run:any",
        "--threshold",
        "9",
    ];
    let output = network.lit(&args).arg("--json").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let failure = json_error(&output);
    assert_eq!(failure["code"], "lit_node_client_bad_config_error");
}
