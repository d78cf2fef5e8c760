//! Wrong command lines: exit code 2, and a sentence that says what is expected.

use serde_json::{Value, json};

use crate::{Files, json_error, lit, stderr};

/// A session command for a network that is not asked.
const SESSION: [&str; 7] = [
    "session",
    "wallet",
    "--random-wallet",
    "--node",
    "http://127.0.0.1:1",
    "--threshold",
    "1",
];

/// The error as JSON of a command that exits with 2.
fn refused(args: &[&str]) -> Value {
    let output = lit(args).arg("--json").output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    json_error(&output)
}

fn message(args: &[&str]) -> String {
    refused(args)["error"].as_str().unwrap().to_owned()
}

#[test]
fn wrong_values() {
    let pkp = "0x364caca7a93b8d93f557415775373aef0b7bd40da5e102eb4780623456693d83";
    for (args, expected) in [
        (
            &["pkp", "permit", pkp, "--address", "0x12"][..],
            "invalid value '0x12' for '--address <ADDRESS>': expected an address: 0x and 40 hex digits",
        ),
        (
            &["credits", "mint", "--days", "0"],
            "invalid value '0' for '--days <DAYS>': expected a whole number of days, at least 1",
        ),
        (
            &["credits", "mint", "--requests-per-day", "many"],
            "invalid value 'many' for '--requests-per-day <REQUESTS>': expected a number of requests per day",
        ),
        (
            &["devnet", "--nodes", "2"],
            "invalid value '2' for '--nodes <NODES>': 2 is not in 3..=255",
        ),
        (
            &["devnet", "--seed", "12"],
            "invalid value '12' for '--seed <SEED>': expected 64 hex digits",
        ),
        (
            &["devnet", "--chain", "ethereum"],
            "invalid value 'ethereum' for '--chain <NAME=URL>': expected NAME=URL, such as ethereum=https://eth.example.org",
        ),
        (
            &["devnet", "--jwt-issuer", "provider=github,iss=a,keys=b"],
            "invalid value 'provider=github,iss=a,keys=b' for '--jwt-issuer <ISSUER>': unknown provider github; expected \
             provider=google,iss=ISSUER,keys=URL, where the provider is google, apple or stytch, and the keys are a URL or a file",
        ),
        (
            &["devnet", "--jwt-issuer", "provider=google,iss=a,iss=b"],
            "invalid value 'provider=google,iss=a,iss=b' for '--jwt-issuer <ISSUER>': iss is given twice",
        ),
        (
            &["devnet", "--google", "googleapis.com"],
            "invalid value 'googleapis.com' for '--google <URL>': `googleapis.com` is not a URL: expected http:// or \
             https://, a host, perhaps a port and a path, no user, no fragment",
        ),
        (
            &["devnet", "--allow-fetch", "example.org/"],
            "invalid value 'example.org/' for '--allow-fetch <HOST>': expected a host, such as api.example.org or \
             127.0.0.1:8080, or *",
        ),
        (
            &["devnet", "--allow-fetch", "https://example.org"],
            "invalid value 'https://example.org' for '--allow-fetch <HOST>': expected a host, such as api.example.org or \
             127.0.0.1:8080, or *",
        ),
        (
            &["devnet", "--allow-host", "devnet.internal:7470"],
            "invalid value 'devnet.internal:7470' for '--allow-host <HOST>': invalid host \"devnet.internal:7470\": expected a name \
             or an address without a port, such as devnet.internal, or *",
        ),
        (
            &["devnet", "--allow-origin", "app.example.com"],
            "invalid value 'app.example.com' for '--allow-origin <ORIGIN>': invalid origin \"app.example.com\": expected scheme \
             and host, such as https://app.example.com, or null, or *",
        ),
        (
            &["action", "run", "action.js", "--param", "n"],
            "invalid value 'n' for '--param <NAME=JSON>': expected NAME=JSON, such as magicNumber=42",
        ),
        (
            &["action", "run", "action.js", "--param", "n="],
            "invalid value 'n=' for '--param <NAME=JSON>': malformed JSON after n=: EOF while parsing a value at line 1 column 0; write a text as n='\"\"'",
        ),
        (
            &["action", "run", "action.js", "--param", "name=Lit"],
            "invalid value 'name=Lit' for '--param <NAME=JSON>': malformed JSON after name=: expected value at line 1 column 1; \
             write a text as name='\"Lit\"'",
        ),
        (
            &["action", "run", "action.js", "--param", "n={"],
            "invalid value 'n={' for '--param <NAME=JSON>': malformed JSON after n=: EOF while parsing an object at line 1 column 1",
        ),
        (
            &["pkp", "sign", "hello", "--pkp", pkp],
            "invalid value '0x364caca7a93b8d93f557415775373aef0b7bd40da5e102eb4780623456693d83' for '--pkp <KEY>': \
             that is a token id; `lit pkp show 0x364caca7a93b8d93f557415775373aef0b7bd40da5e102eb4780623456693d83` prints the \
             public key",
        ),
    ] {
        assert_eq!(message(args), expected);
    }
}

/// The library words what follows the flag.
#[test]
fn values_that_the_library_parses() {
    for (args, expected) in [
        (
            &["pkp", "show", "12"][..],
            "invalid value '12' for '<TOKEN>': ",
        ),
        (
            &["pkp", "sign", "hello", "--pkp", "0x04"],
            "invalid value '0x04' for '--pkp <KEY>': ",
        ),
        (
            &["pkp", "permit", "0x1", "--action", "Qm1"],
            "invalid value 'Qm1' for '--action <CID>': ",
        ),
        (
            &["session", "action", "--ipfs-id", "Qm1"],
            "invalid value 'Qm1' for '--ipfs-id <CID>': ",
        ),
        (
            &["session", "wallet", "--node", "ftp://a"],
            "invalid value 'ftp://a' for '--node <URL>': ",
        ),
        (
            &["session", "wallet", "--expiration", "today"],
            "invalid value 'today' for '--expiration <TIME>': ",
        ),
        (
            &["pkp", "list", "--rpc-url", "foo"],
            "invalid value 'foo' for '--rpc-url <URL>': ",
        ),
    ] {
        let message = message(args);
        let reason = message
            .strip_prefix(expected)
            .unwrap_or_else(|| panic!("{message}"));
        assert!(reason.len() > 20, "{message}");
    }
}

#[test]
fn wrong_grants() {
    let run = "expected run:any or run:CID, the CID of a Lit Action (46 base58 digits that begin with Qm)";
    let sign = "expected sign:any or sign:PKP, the token id or public key of a PKP in hex, with 0x";
    let form = "expected run:any, run:CID, sign:any, sign:PKP or ABILITY=RESOURCE, such as lit-action-execution=lit-litaction://*";
    for (grant, expected) in [
        ("run:x", run),
        ("run:", run),
        ("sign:12", sign),
        ("sign:0xzz", sign),
        ("sign:", sign),
        ("everything", form),
        (
            "pkp-signing=lit-litaction://*",
            "the ability pkp-signing does not apply to lit-litaction://*",
        ),
    ] {
        let args = [&SESSION[..], &["--grant", grant]].concat();
        assert_eq!(
            message(&args),
            format!("invalid value '{grant}' for '--grant <RIGHT>': {expected}")
        );
    }
}

#[test]
fn usage_errors_as_text_and_json() {
    let output = lit(&["session", "wallet", "--grant", "x"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert_eq!(
        stderr(&output),
        "error: invalid value 'x' for '--grant <RIGHT>': expected run:any, run:CID, sign:any, sign:PKP or ABILITY=RESOURCE, \
         such as lit-action-execution=lit-litaction://*\n\nFor more information, try '--help'.\n"
    );
    assert_eq!(
        refused(&["pkp", "permit", "0x1"]),
        json!({
            "error": "the following required arguments were not provided: --action <CID>",
            "causes": [],
            "code": null,
            "kind": null,
            "nodeErrorCode": null,
            "nodes": [],
            "help": "Usage: lit pkp permit --json --action <CID> <TOKEN>; For more information, try '--help'.",
        })
    );
    // The values that a network or a PKP gives.
    let devnet = "tip: start `lit devnet` and copy the export line it prints";
    let pkp = "tip: `lit pkp mint` prints the public key of a new PKP, and `lit pkp list` those of the wallet's PKPs";
    let grant = [
        "--grant",
        "run:any",
        "--threshold",
        "2",
        "--node",
        "http://127.0.0.1:1",
    ];
    for (args, expected) in [
        (&["pkp", "sign", "hello"][..], devnet),
        (
            &[
                "encrypt",
                "a",
                "--conditions",
                "b",
                "--nodes",
                "http://127.0.0.1:1",
            ],
            devnet,
        ),
        (&[&["session", "pkp"], &grant[..]].concat(), pkp),
    ] {
        let help = refused(args)["help"].clone();
        let help = help.as_str().unwrap();
        assert!(help.starts_with(&format!("{expected}; Usage: ")), "{help}");
    }
    // No command is expected here, so help is not an error text.
    let output = lit(&["pkp"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("Usage: lit pkp [OPTIONS] <COMMAND>"));
    let help = lit(&["--help"]).output().unwrap();
    assert_eq!(help.status.code(), Some(0));
    assert!(help.stderr.is_empty());
}

#[test]
fn wallets_that_cannot_be_read() {
    let files = Files::new();
    let missing = files.path("missing");
    let missing = missing.to_str().unwrap();
    let no_key = files.write("no-key", "secret, but not a key");
    let run = |key: Option<&str>, args: &[&str]| {
        let mut command = lit(&["pkp", "list", "--json"]);
        command.args(args);
        if let Some(key) = key {
            command.env("LIT_PRIVATE_KEY", key);
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let error = json_error(&output);
        (
            error["error"].as_str().unwrap().to_owned(),
            error["causes"].clone(),
        )
    };
    assert_eq!(
        run(None, &[]),
        (
            "no wallet; pass --key-file or set LIT_PRIVATE_KEY".to_owned(),
            json!([])
        )
    );
    assert_eq!(
        run(Some("secret, but not a key"), &[]),
        (
            "LIT_PRIVATE_KEY is not a private key: expected 64 hex digits".to_owned(),
            json!([])
        )
    );
    assert_eq!(
        run(None, &["--key-file", &no_key]),
        (
            format!("{no_key} does not contain a private key: expected 64 hex digits"),
            json!([])
        )
    );
    assert_eq!(
        run(None, &["--key-file", missing]),
        (
            format!("cannot read {missing}"),
            json!(["No such file or directory (os error 2)"])
        )
    );
}

#[test]
fn files_of_another_form() {
    let files = Files::new();
    let text = files.write("text", "hello");
    let network = ["--node", "http://127.0.0.1:1", "--threshold", "1"];
    let conditions = "a JSON object with accessControlConditions, evmContractConditions, solRpcConditions or \
                      unifiedAccessControlConditions";
    let error = refused(&[&["encrypt", &text, "--conditions", &text], &network[..]].concat());
    assert_eq!(error["error"], format!("{text} is not {conditions}"));
    assert_eq!(
        error["causes"],
        json!(["expected value at line 1 column 1"])
    );
    let empty = files.write("empty", "{}");
    let error = refused(&[&["encrypt", &text, "--conditions", &empty], &network[..]].concat());
    assert_eq!(error["error"], format!("{empty} is not {conditions}"));
    let error = refused(&[&["decrypt", &text], &network[..]].concat());
    assert_eq!(
        error["error"],
        format!("{text} is not the output of `lit encrypt`")
    );
    assert_eq!(
        error["causes"],
        json!(["expected value at line 1 column 1"])
    );
}
