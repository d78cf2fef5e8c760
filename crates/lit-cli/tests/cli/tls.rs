//! `lit devnet --tls`, and commands that trust its certificate.

use std::fs;

use serde_json::json;

use crate::{Files, Network, json_error, lit, stderr, text};

const SESSION: [&str; 5] = ["session", "wallet", "--random-wallet", "--grant", "run:any"];

#[test]
fn commands_trust_the_certificate_that_they_are_given() {
    let files = Files::new();
    let dir = text(&files.path("state"));
    let certificate = text(&files.path("state/ca.pem"));
    let start = || Network::start(&["--tls", "--state", &dir]);
    let network = start();
    assert_eq!(network.description["caCertificate"], certificate);
    let made = fs::read_to_string(&certificate).unwrap();

    let output = network.lit(&SESSION).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = stderr(&output);
    assert!(error.contains("untrusted certificate"), "{error}");
    let help =
        "help: pass the certificate that `lit devnet --tls` names with --ca-cert or LIT_CA_CERT";
    assert!(error.contains(help), "{error}");

    let mut by_flag = network.lit(&SESSION);
    by_flag.args(["--ca-cert", &certificate]);
    assert_eq!(by_flag.output().unwrap().status.code(), Some(0));
    drop(network);

    let network = start();
    assert_eq!(fs::read_to_string(&certificate).unwrap(), made);
    let mut by_variable = network.lit(&SESSION);
    by_variable.env("LIT_CA_CERT", &certificate);
    assert_eq!(by_variable.output().unwrap().status.code(), Some(0));
}

#[test]
fn without_a_state_the_certificate_is_in_the_cache_directory() {
    let files = Files::new();
    let network = Network::start_with(&["--tls"], &[("XDG_CACHE_HOME", &text(&files.path("")))]);
    let first = network.description["bootstrapUrls"][0].as_str().unwrap();
    let port = first.rsplit(':').next().unwrap();
    let file = files.path(&format!("lit-devnet/ca-{port}.pem"));
    assert_eq!(network.description["caCertificate"], text(&file));
    let output = network.lit(&SESSION).arg("--ca-cert").arg(&file).output();
    assert_eq!(output.unwrap().status.code(), Some(0));
}

#[test]
fn plain_networks_name_no_certificate() {
    let network = Network::start(&[]);
    assert_eq!(network.description["caCertificate"], json!(null));
}

#[test]
fn files_that_are_not_certificates_are_refused() {
    let files = Files::new();
    let missing = text(&files.path("missing.pem"));
    let other = files.write("other.pem", "a text");
    for (file, error, cause) in [
        (
            &missing,
            format!("cannot read {missing}"),
            "No such file or directory (os error 2)",
        ),
        (
            &other,
            format!("{other} is not a certificate to trust"),
            "no certificate in PEM; expected -----BEGIN CERTIFICATE-----",
        ),
    ] {
        let nodes = ["--node", "https://127.0.0.1:1", "--threshold", "1"];
        let mut command = lit(&SESSION);
        command.args(nodes).args(["--json", "--ca-cert", file]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let found = json_error(&output);
        assert_eq!(
            (&found["error"], &found["causes"]),
            (&json!(error), &json!([cause]))
        );
    }
}
