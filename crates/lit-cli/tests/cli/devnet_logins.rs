//! What a network trusts for logins and conditions: its own tokens, issuers, and a server for conditions.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    thread,
};

use serde_json::{Value, json};

use crate::{Files, Network, json_error, lit, parsed, stderr};

impl Network {
    fn token(&self, args: &[&str]) -> std::process::Output {
        self.lit(&["devnet", "token"])
            .args(args)
            .args([
                "--services-url",
                self.description["relayUrl"].as_str().unwrap(),
            ])
            .output()
            .unwrap()
    }
}

#[test]
fn tokens_of_a_running_network() {
    let network = Network::start(&[]);
    let url = network.description["jwtUrl"].as_str().unwrap();
    assert_eq!(
        url,
        format!("{}/jwt", network.description["relayUrl"].as_str().unwrap())
    );
    let output = network.token(&["google", "--sub", "user-1", "--email", "me@example.com"]);
    let token = String::from_utf8(output.stdout).unwrap();
    assert_eq!(token.trim_end().split('.').count(), 3, "{token}");
    let answer = parsed(&network.token(&["stytch", "--sub", "u", "--sms", "+1", "--json"]));
    assert_eq!(answer["token"].as_str().unwrap().split('.').count(), 3);

    let refused = network.token(&["apple", "--sub", "u", "--sms", "+1"]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(
        stderr(&refused),
        "error: no token: status 400: sms is a factor of Stytch; tokens of Apple have none\n"
    );
    let chain = network.description["rpcUrl"].as_str().unwrap();
    let other = lit(&[
        "devnet",
        "token",
        "google",
        "--sub",
        "u",
        "--services-url",
        chain,
    ])
    .output()
    .unwrap();
    assert!(
        stderr(&other).ends_with("that is not a network of `lit devnet`\n"),
        "{other:?}"
    );
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let unreachable = lit(&["devnet", "token", "google", "--sub", "u", "--json"])
        .env("LIT_SERVICES_URL", nowhere)
        .output()
        .unwrap();
    let error = json_error(&unreachable);
    assert_eq!(error["error"], "cannot reach the services of the network");
    assert_eq!(
        error["help"],
        "start a network with `lit devnet`, or name its services with --services-url"
    );
}

#[test]
fn issuers_without_usable_keys() {
    let files = Files::new();
    let keys = files.write("keys.json", r#"{"keys":[{"kty":"oct","k":"AA"}]}"#);
    for (keys, error, cause) in [
        (
            &*keys,
            format!("{keys} has no key for tokens"),
            "not a JSON Web Key Set with an RSA key for RS256 or a P-256 key for ES256",
        ),
        (
            "/nowhere/keys.json",
            "cannot read /nowhere/keys.json".to_owned(),
            "No such file or directory (os error 2)",
        ),
    ] {
        let issuer = format!("provider=google,iss=https://id.example,keys={keys}");
        let output = lit(&["devnet", "--json", "--jwt-issuer", &issuer])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let failure = json_error(&output);
        assert_eq!(failure["error"], error);
        assert_eq!(failure["causes"], json!([cause]));
    }
}

/// Answers every request, and gives the URL of the server.
fn serve(answer: impl Fn(&Value) -> Value + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut length = 0;
            let mut line = String::new();
            while stream.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let body = answer(&serde_json::from_slice(&body).unwrap()).to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream
                .get_mut()
                .write_all((head + &body).as_bytes())
                .unwrap();
        }
    });
    url
}

#[test]
fn conditions_that_a_server_evaluates() {
    let url = serve(|asked| {
        let condition = &asked["condition"];
        let is_rich = asked["userAddress"].as_str().unwrap().starts_with("0x")
            && condition["conditionType"] == "cosmos"
            && condition["chain"] == "cosmos";
        json!({ "met": is_rich })
    });
    let network = Network::start(&["--condition-resolver", &url]);
    let files = Files::new();
    for (chain, expected) in [("cosmos", Some(0)), ("kyve", Some(1))] {
        let conditions = json!({ "unifiedAccessControlConditions": [{
            "conditionType": "cosmos", "path": "/balances/:userAddress", "chain": chain, "method": "", "parameters": [],
            "returnValueTest": { "key": "$.amount", "comparator": ">=", "value": "1" },
        }] });
        let conditions = files.write("conditions.json", conditions.to_string());
        let secret = files.write("secret", "hello");
        let encrypted = network.run(0, &["encrypt", &secret, "--conditions", &conditions]);
        let encrypted = files.write("encrypted", encrypted.stdout);
        let output = network.run(0, &["decrypt", &encrypted]);
        assert_eq!(output.status.code(), expected, "{output:?}");
        if expected == Some(0) {
            assert_eq!(output.stdout, b"hello");
        }
    }
}
