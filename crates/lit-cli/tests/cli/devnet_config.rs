//! The options of `lit devnet`: flags, the file, and what is in effect.

use std::process::Output;

use serde_json::{Value, json};

use crate::{Files, Network, json_error, lit, parsed, text};

fn print_config(args: &[&str]) -> Output {
    lit(&["devnet", "--print-config"])
        .args(args)
        .output()
        .unwrap()
}

fn printed(args: &[&str]) -> String {
    let output = print_config(args);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_printed_file_has_the_same_effect() {
    let files = Files::new();
    let flags = [
        "--nodes",
        "5",
        "--port=0",
        "--capacity",
        "--describe",
        "a \"b\".json",
        "--jwt-issuer",
        "provider=google,iss=https://id.example,keys=https://id.example/certs,aud=a,aud=b",
        "--jwt-issuer=provider=stytch,iss=stytch.com/project,keys=keys.json",
        "--discord",
        "https://discord.example/api",
        "--solana-rpc=https://solana.example",
        "--poap=https://poap.example",
        "--poap-key=c4f3",
        "--seed",
        "00000000000000000000000000000000000000000000000000000000000000ff",
    ];
    let text = printed(&flags);
    let file = files.write("devnet.toml", &text);
    assert!(!text.contains("c4f3"), "{text}");
    let key = "--poap-key=c4f3";
    assert_eq!(printed(&["--config", &file, key]), text);
    assert_eq!(
        parsed(&print_config(&["--config", &file, key, "--json"])),
        parsed(&print_config(&[&flags[..], &["--json"]].concat()))
    );

    let defaults = printed(&[]);
    let file = files.write("defaults.toml", &defaults);
    assert_eq!(printed(&["--config", &file]), defaults);
    assert_eq!(
        printed(&["--config", &files.write("empty.toml", "")]),
        defaults
    );
    assert!(
        defaults
            .starts_with("# How many nodes, 3 to 255\nnodes = 3\n\n# The port of the first node"),
        "{defaults}"
    );
}

#[test]
fn the_printed_example_of_an_issuer_can_be_used() {
    let files = Files::new();
    let (options, example) = {
        let text = printed(&[]);
        let at = text.find("# [[jwt-issuer]]").unwrap();
        (text[..at].to_owned(), text[at..].replace("# ", ""))
    };
    let file = files.write("devnet.toml", format!("{options}{example}"));
    let config = parsed(&print_config(&["--json", "--config", &file]));
    assert_eq!(
        config["jwt-issuer"],
        json!([{
            "provider": "google", "iss": "https://accounts.google.com",
            "keys": "https://www.googleapis.com/oauth2/v3/certs", "aud": ["my-app"],
        }])
    );
}

#[test]
fn a_chain_has_one_url() {
    let files = Files::new();
    let twice = r#"chain = ["base=http://127.0.0.1:1", "base=http://127.0.0.1:2"]"#;
    let file = files.write("devnet.toml", twice);
    let flags = [
        "--json",
        "--chain=base=http://127.0.0.1:1",
        "--chain=base=http://127.0.0.1:1",
    ];
    for args in [&["--json", "--config", &file][..], &flags] {
        let output = print_config(args);
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(
            json_error(&output)["error"],
            "--chain gives base twice; keep one of the URLs"
        );
    }
}

/// Also where the flag has the value of the default.
#[test]
fn flags_override_the_file() {
    let files = Files::new();
    let file = files.write("devnet.toml", "nodes = 4\ncapacity = true\nrpc-port = 1\n");
    let config = parsed(&print_config(&["--json", "--config", &file]));
    assert_eq!(config["nodes"], 4);
    assert_eq!(config["capacity"], true);
    assert_eq!(config["rpc-port"], 1);
    assert_eq!(config["services-port"], 3000);
    let flags = ["--nodes", "3", "--capacity=false", "--rpc-port", "2"];
    let config = parsed(&print_config(
        &[&["--json", "--config", &file], &flags[..]].concat(),
    ));
    assert_eq!(config["nodes"], 3);
    assert_eq!(config["capacity"], false);
    assert_eq!(config["rpc-port"], 2);
}

#[test]
fn the_environment_overrides_the_file_and_flags_override_both() {
    let files = Files::new();
    let file = files.write("devnet.toml", "allow-fetch = [\"file.example\"]");
    let hosts = |args: &[&str], variable: &str| {
        let output = lit(&["devnet", "--print-config", "--json", "--config", &file])
            .args(args)
            .env("LIT_ALLOW_FETCH", variable)
            .output()
            .unwrap();
        parsed(&output)["allow-fetch"].clone()
    };
    let variable = "a.example,127.0.0.1:80";
    assert_eq!(hosts(&[], variable), json!(["a.example", "127.0.0.1:80"]));
    let flags = ["--allow-fetch", "*", "--allow-fetch=b.example"];
    assert_eq!(hosts(&flags, variable), json!(["*", "b.example"]));
}

#[test]
fn callers_come_from_file_environment_and_flags() {
    let files = Files::new();
    let file = files.write(
        "devnet.toml",
        "allow-host = [\"devnet.internal\"]\nallow-origin = [\"https://app.example.com/\"]",
    );
    let print = ["devnet", "--print-config", "--json", "--config", &file];
    let callers = |output: &Output| {
        let config = parsed(output);
        (config["allow-host"].clone(), config["allow-origin"].clone())
    };
    let of_file = (
        json!(["devnet.internal"]),
        json!(["https://app.example.com"]),
    );
    assert_eq!(callers(&lit(&print).output().unwrap()), of_file);
    let mut with_variables = lit(&print);
    with_variables
        .env("LIT_ALLOW_HOST", "a.example,b.example")
        .env("LIT_ALLOW_ORIGIN", "null");
    let of_variables = (json!(["a.example", "b.example"]), json!(["null"]));
    assert_eq!(callers(&with_variables.output().unwrap()), of_variables);
    with_variables.args(["--allow-host=*", "--allow-origin=*"]);
    let of_flags = (json!(["*"]), json!(["*"]));
    assert_eq!(callers(&with_variables.output().unwrap()), of_flags);
}

/// An environment that has the key starts networks without POAPs, too.
#[test]
fn the_key_of_poap_may_come_from_elsewhere_than_its_url() {
    let files = Files::new();
    let file = files.write("devnet.toml", "poap = \"https://poap.example\"");
    let with_key = files.write("key.toml", "poap-key = \"c4f3\"");
    for args in [
        &["--config", &file, "--poap-key=c4f3"][..],
        &["--config", &with_key],
        &["--config", &file],
        &[],
    ] {
        let output = lit(&["devnet", "--print-config", "--json"])
            .args(args)
            .env("LIT_POAP_KEY", "c4f3")
            .output()
            .unwrap();
        assert_eq!(
            parsed(&output)["poap-key"],
            "set, but not shown",
            "{args:?}"
        );
    }
}

#[test]
fn a_network_from_a_file() {
    let files = Files::new();
    let file = files.write("devnet.toml", "nodes = 5\ncapacity = true\n");
    let network = Network::start(&["--config", &file]);
    assert_eq!(network.description["minNodeCount"], 2, "--nodes 4");
    assert_eq!(network.description["capacityEnforced"], true);
}

#[test]
fn chains_and_hosts_for_actions() {
    let files = Files::new();
    let config = "chain = [\"ethereum=http://127.0.0.1:9/rpc\"]\nallow-fetch = [\"127.0.0.1:1\"]";
    let file = files.write("devnet.toml", config);
    let code = files.write(
        "action.js",
        "(async () => {
           const error = (url) => fetch(url).catch((error) => error.message);
           const response = [await Lit.Actions.getRpcUrl({ chain: 'ethereum' })];
           for (const port of [1, 2, 9]) response.push(await error(`http://127.0.0.1:${port}`));
           Lit.Actions.setResponse({ response: JSON.stringify(response) });
         })()",
    );
    let network = Network::start(&["--config", &file]);
    let output = network.run(0, &["action", "run", &code]);
    let answer = parsed(&output);
    assert_eq!(answer[0], "http://127.0.0.1:9/rpc");
    let refused = "fetch: the host 127.0.0.1 is not allowed here; pass --allow-fetch 127.0.0.1, or set \
                   with_fetch_host(\"127.0.0.1\")";
    assert_eq!(answer[2], refused);
    for reached in [&answer[1], &answer[3]] {
        let error = reached.as_str().unwrap();
        assert!(error.contains("Connection refused"), "{error}");
    }
}

#[test]
fn accounts_are_funded_with_tokens() {
    let files = Files::new();
    let (one, two) = ("0x", "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    let one = format!("{one}{}", "ab".repeat(20));
    let dir = text(&files.path("state"));
    let balance = |network: &Network, account: &str| {
        network.rpc("eth_getBalance", &json!([account, "latest"]))
    };
    let first = format!("{one}=2.5");
    let network = Network::start(&["--state", &dir, "--fund", &first, "--fund", two]);
    assert_eq!(balance(&network, &one), "0x22b1c8c1227a0000");
    // As much as it has anyway.
    assert_eq!(balance(&network, two), "0x21e19e0c9bab2400000");
    drop(network);
    // An account that has enough keeps what it has.
    let network = Network::start(&["--state", &dir, "--fund", &format!("{one}=1")]);
    assert_eq!(balance(&network, &one), "0x22b1c8c1227a0000");
    drop(network);
    let network = Network::start(&["--state", &dir, "--fund", &one]);
    assert_eq!(balance(&network, &one), "0x21e19e0c9bab2400000");
}

#[test]
fn the_contract_context_has_the_address_and_the_abi_of_each_contract() {
    let files = Files::new();
    let file = text(&files.path("context.json"));
    let network = Network::start(&["--contract-context", &file]);
    let context: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let described = network.description["contracts"].as_object().unwrap();
    for (name, address) in described {
        assert_eq!(&context[name]["address"], address, "{name}");
    }
    let abi = context["PKPNFT"]["abi"].as_array().unwrap();
    assert!(
        abi.iter()
            .any(|item| item["name"] == "mintNext" && item["type"] == "function")
    );
}

#[test]
fn errors_name_the_file_and_the_field() {
    let files = Files::new();
    for (content, expected) in [
        (
            "nodes = 4\nnodes 5",
            ", line 2: key with no value, expected `=`",
        ),
        ("nodes = 2", ": nodes: 2 is not in 3..=255"),
        (
            "nodes = \"4\"",
            ": nodes: invalid type: string \"4\", expected usize",
        ),
        (
            "rpc-port = 65536",
            ": rpc-port: invalid value: integer `65536`, expected u16",
        ),
        ("seed = \"12\"", ": seed: expected 64 hex digits"),
        (
            "fund = [\"0x12\"]",
            ": fund[0]: expected an address, found \"0x12\"",
        ),
        (
            "fund = [\"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92267\"]",
            ": fund[0]: expected an address, found \"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92267\"",
        ),
        (
            "fund = [\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266=\"]",
            ": fund[0]: expected an amount in tokens, such as 2.5, found \"\"",
        ),
        (
            "fund = [\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266=-1\"]",
            ": fund[0]: expected an amount in tokens, such as 2.5, found \"-1\"",
        ),
        (
            "chain = [\"a=http://b\", \"c\"]",
            ": chain[1]: expected NAME=URL, such as ethereum=https://eth.example.org",
        ),
        (
            "[[jwt-issuer]]\nprovider = \"github\"\niss = \"a\"\nkeys = \"b\"",
            ": jwt-issuer[0].provider: unknown variant `github`, expected one of `google`, `apple`, `stytch`",
        ),
        (
            "[[jwt-issuer]]\nprovider = \"google\"\niss = \"a\"",
            ": jwt-issuer[0]: missing field `keys`",
        ),
        (
            "allow-fetch = [\"a/b\"]",
            ": allow-fetch[0]: expected a host, such as api.example.org or 127.0.0.1:8080, or *",
        ),
        (
            "capacity = 1",
            ": capacity: invalid type: integer `1`, expected a boolean",
        ),
    ] {
        let file = files.write("devnet.toml", content);
        // Also where a flag overrides the field.
        let output = print_config(&["--json", "--config", &file, "--nodes", "3"]);
        assert_eq!(output.status.code(), Some(2), "{content}");
        assert_eq!(
            json_error(&output)["error"],
            json!(format!("{file}{expected}"))
        );
    }
    let file = files.write("devnet.toml", "node = 4");
    let output = print_config(&["--json", "--config", &file]);
    let error = json_error(&output)["error"].as_str().unwrap().to_owned();
    let expected = format!("{file}: node: unknown field `node`, expected one of `nodes`, `port`, ");
    assert!(error.starts_with(&expected), "{error}");

    let missing = files.path("missing");
    let missing = missing.to_str().unwrap();
    let output = print_config(&["--json", "--config", missing]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        json_error(&output)["error"],
        format!("cannot read {missing}")
    );
}
