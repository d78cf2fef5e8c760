//! What the handshakes of nodes that attest themselves in software contain.

#![cfg(feature = "attestation")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use lit_devnet::{Devnet, SoftwareGuest};
use lit_node_transport::{NodeRequest, NodeTransport};
use lit_types::{Clock, wire::Endpoint};
use serde_json::{Value, json};

const CHALLENGE: &str = "d3111a2dcea20f57732b03df1b87da10e1538ce02be953431499c3cc45a05f6d";

async fn attestation(network: &Devnet, challenge: &Value) -> Value {
    let body = json!({ "clientPublicKey": "test", "challenge": challenge });
    let request = NodeRequest::new(
        network.node_urls()[0].clone(),
        Endpoint::Handshake,
        vec![
            ("content-type", "application/json".to_owned()),
            ("x-request-id", "lit_1".to_owned()),
        ],
        Bytes::from(body.to_string()),
    );
    let answer = network.transport().send(request).await.unwrap();
    assert_eq!(answer.status, 200);
    let mut answer: Value = serde_json::from_slice(&answer.body).unwrap();
    answer["attestation"].take()
}

#[tokio::test]
async fn handshakes_carry_the_attestation_of_the_reference() {
    let builder = Devnet::builder().with_software_attestation_for_tests(SoftwareGuest::default());
    let network = builder.start().await.unwrap();
    network.clock().stop_at(network.clock().now());
    let attestation = attestation(&network, &json!(CHALLENGE)).await;
    let members: Vec<&String> = attestation.as_object().unwrap().keys().collect();
    assert_eq!(members, ["data", "noonce", "report", "signatures", "type"]);
    assert_eq!(attestation["type"], "AMD_SEV_SNP");
    let decode = |value: &Value| BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
    assert_eq!(hex::encode(decode(&attestation["noonce"])), CHALLENGE);
    let data = &attestation["data"];
    let address = network.node_urls()[0].authority();
    assert_eq!(decode(&data["EXTERNAL_ADDR"]), address.as_bytes());
    let now = network.clock().now().unix_timestamp();
    assert_eq!(decode(&data["UNIX_TIME"]), now.to_le_bytes());
    // The wallet of the node and the key of the release.
    assert_eq!(attestation["signatures"].as_array().unwrap().len(), 2);
    assert_eq!(decode(&attestation["report"]).len(), 1184);
}

/// The reference takes any challenge, and answers without an attestation to one that is not 32 bytes.
#[tokio::test]
async fn a_malformed_challenge_gets_no_attestation() {
    let builder = Devnet::builder().with_software_attestation_for_tests(SoftwareGuest::default());
    let network = builder.start().await.unwrap();
    for challenge in [
        "",
        "0x1234",
        &CHALLENGE[2..],
        &format!("0x{CHALLENGE}"),
        "zz",
    ] {
        assert_eq!(attestation(&network, &json!(challenge)).await, Value::Null);
    }
    let plain = Devnet::start(3).await.unwrap();
    assert_eq!(attestation(&plain, &json!(CHALLENGE)).await, Value::Null);
}
