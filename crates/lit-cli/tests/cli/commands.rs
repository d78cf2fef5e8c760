//! Commands that succeed.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use alloy_primitives::{Address, Signature};
use lit_sdk::{ActionCid, SessionSigs, Timestamp, session_crypto::verify_session_signature};
use serde_json::{Value, json};

use crate::{Files, Network, lit, parsed, stderr, text};

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
        "a PKP, its action authorizes",
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
        report["session"]["authorizedBy"]
    );
    let times = report["ms"].as_object().unwrap();
    let steps: Vec<&str> = times.keys().map(String::as_str).collect();
    assert_eq!(
        steps,
        [
            "connect",
            "execute",
            "mint",
            "sign",
            "signLitAction",
            "signPkp",
            "start"
        ]
    );
    assert!(times.values().all(Value::is_f64), "{report}");
    let by = |session: &str| report[session]["authorizedBy"].clone();
    assert_eq!(by("pkpSession"), by("litActionSession"));
    assert_ne!(by("pkpSession"), by("session"));
    // Messages are there, on the other stream, and credentials on neither.
    let messages = String::from_utf8(output.stderr).unwrap();
    assert!(messages.contains("5 nodes ran the action"), "{messages}");
    assert!(!report.to_string().contains("\"sig\""));
}

#[test]
fn sessions_of_a_wallet() {
    let network = Network::start(&["--capacity"]);
    let key = "0x0ef348a693855a76ff1f38c7a88c11acf663bdbd4bc649550cad73258e1b3bec";
    let files = Files::new();
    let key_file = files.write("key", format!("{key}\n"));
    let args = [
        "session",
        "wallet",
        "--grant",
        "run:any",
        "--key-file",
        &key_file,
    ];
    let as_json = network.lit(&args).arg("--json").output().unwrap();
    let made = parsed(&as_json);
    let address = "0x680e3638063a9dF63B3A2B13e1aA0C8a02124168";
    assert_eq!(made["session"]["authorizedBy"], address);
    assert_eq!(
        made["session"]["grants"],
        json!([{ "resource": "lit-litaction://*", "ability": "lit-action-execution" }])
    );
    let sigs: SessionSigs = serde_json::from_value(made["sessionSigs"].clone()).unwrap();
    // As text, the result is the signatures alone, and the explanation is a message.
    let as_text = network.lit(&args).output().unwrap();
    let written: SessionSigs = serde_json::from_value(parsed(&as_text)).unwrap();
    for sigs in [sigs, written] {
        assert_eq!(sigs.len(), 4);
        for (_, sig) in sigs.iter() {
            verify_session_signature(sig).unwrap();
        }
    }
    let messages = stderr(&as_text);
    let right = "  right  lit-action-execution on lit-litaction://*\n";
    assert!(
        messages.contains(address) && messages.contains(right),
        "{messages}"
    );
    for output in [as_json, as_text] {
        assert!(
            !String::from_utf8(output.stdout)
                .unwrap()
                .contains(&key[2..])
        );
        assert!(
            !String::from_utf8(output.stderr)
                .unwrap()
                .contains(&key[2..])
        );
    }
}

#[test]
fn short_forms_of_rights() {
    let network = Network::start(&[]);
    let minted = parsed(&network.run(0, &["pkp", "mint", "--json"]));
    let token = minted["tokenId"].as_str().unwrap();
    let key = minted["publicKey"].as_str().unwrap();
    let cid = ActionCid::of_code("").to_string();
    let pkp = format!("lit-pkp://{}", &token[2..]);
    let action = format!("lit-litaction://{cid}");
    for (grant, resource, ability) in [
        (
            "run:any".to_owned(),
            "lit-litaction://*",
            "lit-action-execution",
        ),
        (format!("run:{cid}"), &action, "lit-action-execution"),
        ("sign:any".to_owned(), "lit-pkp://*", "pkp-signing"),
        (format!("sign:{token}"), &pkp, "pkp-signing"),
        (format!("sign:{key}"), &pkp, "pkp-signing"),
        (format!("pkp-signing={pkp}"), &pkp, "pkp-signing"),
    ] {
        let args = ["session", "wallet", "--json", "--grant", &grant];
        let made = parsed(&network.run(0, &args));
        assert_eq!(
            made["session"]["grants"],
            json!([{ "resource": resource, "ability": ability }])
        );
    }
}

#[test]
fn wildcards_are_not_warned_about() {
    let network = Network::start(&[]);
    let files = Files::new();
    let code = files.write("hi.js", "Lit.Actions.setResponse({ response: 'hi' })");
    let run = network.run(0, &["action", "run", &code]);
    assert_eq!(String::from_utf8(run.stdout.clone()).unwrap(), "hi\n");
    let session = network.run(0, &["session", "wallet", "--grant", "sign:any"]);
    for output in [run, session] {
        let messages = stderr(&output);
        assert!(!messages.contains("WARN"), "{messages}");
    }
    // A log that was asked for keeps them.
    let mut logged = network.lit(&["action", "run", &code]);
    logged.env("LIT_LOG", "warn");
    logged.env("LIT_PRIVATE_KEY", network.private_key(0));
    let messages = stderr(&logged.output().unwrap());
    assert_eq!(messages.matches(" WARN ").count(), 2, "{messages}");
}

#[test]
fn calls() {
    let network = Network::start(&[]);
    let pkp = parsed(&network.run(0, &["pkp", "mint", "--json"]));
    let key = pkp["publicKey"].as_str().unwrap();
    let sign = ["pkp", "sign", "hello", "--pkp", key, "--json"];
    let signed = parsed(&network.run(0, &sign));
    let signature: Signature = signed["signature"].as_str().unwrap().parse().unwrap();
    let signer = signature.recover_address_from_msg("hello").unwrap();
    let address: Address = pkp["ethAddress"].as_str().unwrap().parse().unwrap();
    assert_eq!(signer, address);

    let files = Files::new();
    let code = "Lit.Actions.setResponse({ response: JSON.stringify({ n: n + 1 }) })";
    let action = files.write("action.js", code);
    let run = ["action", "run", &action, "--param", "n=41", "--json"];
    assert_eq!(
        parsed(&network.run(0, &run))["response"],
        json!({ "n": 42 })
    );
    let cid = lit(&["action", "cid", &action]).output().unwrap();
    assert_eq!(
        String::from_utf8(cid.stdout).unwrap(),
        format!("{}\n", ActionCid::of_code(code))
    );

    let reader = parsed(&network.run(0, &["pkp", "list", "--json"]))["owner"].clone();
    let conditions = json!({ "accessControlConditions": [{
        "contractAddress": "", "chain": "ethereum", "standardContractType": "", "method": "",
        "parameters": [":userAddress"], "returnValueTest": { "comparator": "=", "value": reader },
    }] });
    let conditions = files.write("conditions.json", conditions.to_string());
    let secret = files.write("secret.bin", b"\x00\xffsecret");
    let encrypted = network.run(0, &["encrypt", &secret, "--conditions", &conditions]);
    let encrypted = files.write("encrypted.json", &encrypted.stdout);
    let decrypted = network.run(0, &["decrypt", &encrypted]);
    assert_eq!(decrypted.stdout, b"\x00\xffsecret");
    let as_json = network.run(0, &["decrypt", &encrypted, "--json"]);
    assert_eq!(parsed(&as_json), json!({ "base64": "AP9zZWNyZXQ=" }));
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
    let files = Files::new();
    let file = files.path("net.json");
    let network = Network::start(&["--capacity", "--describe", &text(&file)]);
    let description = &network.description;
    let described: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    assert_eq!(&described, description);
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
    let path = blocks.strip_prefix(relayer).unwrap();
    let block = exchange(relayer, "GET", path, "", "");
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
    let network = Network::start(&["--capacity"]);
    let minted = parsed(&network.run(0, &["pkp", "mint", "--json"]));
    let token = minted["tokenId"].as_str().unwrap();
    assert_eq!(minted["permittedActions"], json!([]));

    let action = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW";
    let permit = ["pkp", "permit", token, "--action", action, "--json"];
    let permitted = parsed(&network.run(0, &permit));
    assert_eq!(permitted["permittedActions"], json!([action]));
    let shown = network.lit(&["pkp", "show", token, "--json"]).output();
    assert_eq!(parsed(&shown.unwrap()), permitted);
    let list = ["pkp", "list", "--json"];
    assert_eq!(parsed(&network.run(0, &list))["pkps"], json!([permitted]));
    assert_eq!(parsed(&network.run(1, &list))["pkps"], json!([]));
    for (command, message) in [("pkp", "no PKPs\n"), ("credits", "no capacity credits\n")] {
        let output = network.run(1, &[command, "list"]);
        assert_eq!(output.status.code(), Some(0));
        assert!(output.stdout.is_empty());
        assert_eq!(stderr(&output), message);
    }
    for address in ["ethAddress", "owner"] {
        let address = permitted[address].as_str().unwrap();
        assert_eq!(address, address.parse::<Address>().unwrap().to_string());
    }

    let mint = [
        "credits",
        "mint",
        "--requests-per-day",
        "864",
        "--days",
        "3",
        "--json",
    ];
    let minted = parsed(&network.run(0, &mint));
    assert_eq!(minted["credits"][0]["requestsPerKilosecond"], 10);
    assert_eq!(minted["credits"][0]["requestsPerDay"], 864);
    assert_eq!(minted["credits"][0]["expired"], false);
    let expires = minted["credits"][0]["expires"].as_str().unwrap();
    let expires: Timestamp = expires.parse().unwrap();
    assert_eq!(
        minted["credits"][0]["expiresAt"],
        expires.at().unix_timestamp()
    );
    let listed = parsed(&network.run(0, &["credits", "list", "--json"]));
    assert_eq!(listed, minted);
}

#[test]
fn sessions_of_a_pkp() {
    let network = Network::start(&["--capacity"]);
    let minted = parsed(&network.run(0, &["pkp", "mint", "--json"]));
    let key = minted["publicKey"].as_str().unwrap();
    let token = minted["tokenId"].as_str().unwrap();
    let files = Files::new();
    let code = "Lit.Actions.setResponse({ response: String(magicNumber === 42) })";
    let file = files.write("action.js", code);
    let cid = ActionCid::of_code(code).to_string();
    parsed(&network.run(0, &["pkp", "permit", token, "--action", &cid, "--json"]));

    let session = ["--json", "--pkp", key, "--grant", "run:any"];
    let action = [
        "--code",
        &file,
        "--param",
        "magicNumber=42",
        "--with-wallet",
    ];
    let of_owner = network.run(0, &[&["session", "pkp"], &session[..]].concat());
    let by_action = network.run(
        0,
        &[&["session", "action"], &session[..], &action[..]].concat(),
    );
    for output in [of_owner, by_action] {
        let made = parsed(&output);
        assert_eq!(made["session"]["authorizedBy"], minted["ethAddress"]);
        let sigs: SessionSigs = serde_json::from_value(made["sessionSigs"].clone()).unwrap();
        assert_eq!(sigs.len(), 4);
    }
}
