//! `lit action check`, and `lit action run --local`.

use std::fs;

use serde_json::{Value, json};

use crate::{Files, lit, parsed, stderr};

#[test]
fn actions_are_checked_for_what_the_networks_have() {
    let files = Files::new();
    let action = files.write(
        "action.js",
        "const go = async () => {\n  await Lit.Actions.signEcdsa({ toSign, publicKey, sigName: 'x' });\n  \
         Lit.Actions.signTwice();\n  new Blob([ethers.version]);\n};\ngo();",
    );
    let check = |flags: &[&str]| {
        lit(&["action", "check", &action])
            .args(flags)
            .output()
            .unwrap()
    };
    let output = check(&["--json"]);
    assert_eq!(output.status.code(), Some(1));
    let name = |name: &str, line: usize, datil: bool, embedded: bool| json!({ "name": name, "line": line, "datil": datil, "embedded": embedded });
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap(),
        json!({
            "globals": [name("Blob", 4, true, false), name("Lit", 2, true, true), name("ethers", 4, true, true)],
            "actions": [name("signEcdsa", 2, true, true), name("signTwice", 3, false, false)],
            "parameters": [name("publicKey", 2, false, false), name("toSign", 2, false, false)],
            "unknown": [],
            "runsEmbedded": false,
        })
    );
    assert!(
        stderr(&output).contains("the embedded network lacks Blob, Lit.Actions.signTwice"),
        "{output:?}"
    );
    let text = check(&["--param", "toSign"]);
    assert_eq!(
        String::from_utf8(text.stdout.clone()).unwrap(),
        "Lit.Actions.signEcdsa                        both           line 2\n\
         Lit.Actions.signTwice                        neither        line 3\n\
         Blob                                         Datil only     line 4\n\
         Lit                                          both           line 2\n\
         ethers                                       both           line 4\n\
         publicKey                                    neither        line 2\n\
         toSign                                       parameter      line 2\n"
    );
    assert!(
        stderr(&text).contains("the embedded network lacks Blob, publicKey, Lit.Actions.signTwice"),
        "{text:?}"
    );

    let fine = files.write("fine.js", "Lit.Actions.setResponse({ response: `${n}` })");
    let fine = lit(&["action", "check", &fine]).output().unwrap();
    assert_eq!(fine.status.code(), Some(0), "{fine:?}");
    let wrong = files.write("wrong.ts", "let a = 1;\nlet b: number = 2;");
    let wrong = lit(&["action", "check", &wrong]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        stderr(&wrong).contains("line 2: not JavaScript"),
        "{wrong:?}"
    );
}

/// From `node_modules` of the working directory, or by the flag.
#[test]
fn local_actions_use_the_ethers_that_is_installed() {
    let files = Files::new();
    let action = files.write(
        "action.js",
        "Lit.Actions.setResponse({ response: ethers.version })",
    );
    let run = |flags: &[&str]| {
        lit(&["action", "run", &action, "--local"])
            .args(flags)
            .current_dir(files.path("."))
            .env_remove("LIT_ETHERS_BUNDLE")
            .env("XDG_CACHE_HOME", files.path("cache"))
            .output()
            .unwrap()
    };
    let absent = run(&[]);
    assert_eq!(absent.status.code(), Some(1));
    assert!(
        stderr(&absent).contains("ethers is not installed"),
        "{absent:?}"
    );

    fs::create_dir_all(files.path("node_modules/ethers/dist")).unwrap();
    files.write(
        "node_modules/ethers/package.json",
        r#"{ "version": "5.7.2" }"#,
    );
    let source = |version: &str| format!("globalThis.ethers = {{ version: '{version}' }}");
    let installed = "node_modules/ethers/dist/ethers.umd.min.js";
    files.write(installed, source("ethers/5.7.2"));
    assert_eq!(run(&[]).stdout, b"ethers/5.7.2\n");
    let named = files.write("named.js", source("ethers/5.0.0"));
    assert_eq!(run(&["--ethers", &named]).stdout, b"ethers/5.0.0\n");

    let wrong = run(&["--ethers", &files.write("six.js", source("6.0.0"))]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        stderr(&wrong).contains("six.js is not ethers 5; pass dist/ethers.umd.min.js"),
        "{wrong:?}"
    );
    let missing = run(&["--ethers", "missing.js"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(
        stderr(&missing).contains("cannot read missing.js"),
        "{missing:?}"
    );
}

#[test]
fn files_are_read_up_to_a_limit() {
    let files = Files::new();
    let code = |length| files.write("action.js", " ".repeat(length));
    let check = |file: &str| lit(&["action", "check", file]).output().unwrap();
    let limit = 16 * 1024 * 1024;
    assert!(check(&code(limit)).status.success());
    let refused = check(&code(limit + 1));
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        stderr(&refused).contains("it is larger than 16 MiB"),
        "{refused:?}"
    );
}

#[test]
fn an_action_runs_without_nodes() {
    let files = Files::new();
    let code = "console.log('written'); Lit.Actions.setResponse({ response: `${n + 1}` })";
    let file = files.write("action.js", code);
    let run = ["action", "run", &file, "--local", "--param", "n=41"];
    let output = lit(&run).output().unwrap();
    assert_eq!(
        (&output.stdout[..], stderr(&output).as_str()),
        (&b"42\n"[..], "written\n")
    );
    let answer = parsed(&lit(&[&run[..], &["--json"]].concat()).output().unwrap());
    assert_eq!(answer, json!({ "response": "42", "logs": "written\n" }));

    // What needs the network says so, and so does a host that was not allowed.
    let reads = files.write("reads.js", "Lit.Actions.getRpcUrl({ chain: 'base' })");
    let output = lit(&["action", "run", &reads, "--local"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output)
            .contains("Lit.Actions.getRpcUrl needs the nodes; run the action without --local"),
        "{output:?}"
    );
    let fetch = files.write("fetch.js", "fetch('http://127.0.0.1:1')");
    let output = lit(&["action", "run", &fetch, "--local"]).output().unwrap();
    assert!(
        stderr(&output).contains("the host 127.0.0.1 is not allowed"),
        "{output:?}"
    );
    let allowed = [
        "action",
        "run",
        &fetch,
        "--local",
        "--allow-fetch",
        "127.0.0.1",
    ];
    let output = lit(&allowed).output().unwrap();
    assert!(stderr(&output).contains("Connection refused"), "{output:?}");
    let output = lit(&["action", "run", &fetch, "--allow-fetch", "127.0.0.1"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
}
