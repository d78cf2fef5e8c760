//! Attestations of nodes, their reports, and the certificates of chips.

use std::sync::LazyLock;

use lit_devnet::{Devnet, SoftwareGuest};
use lit_node_transport::{
    NodeRequest, NodeTransport,
    attestation::{
        AmdRoots, Attestation, AttestationPolicy, AttestationVerifier, Expected, Report, Vcek,
        VcekId,
    },
};
use lit_types::wire::Endpoint;
use serde_json::{Value, json};

use crate::{accounts, selected};

/// The challenge of the seeds.
const CHALLENGE: [u8; 32] = [0; 32];

/// A network whose nodes attest themselves in software.
static ATTESTING: LazyLock<Devnet> = LazyLock::new(|| {
    let builder = Devnet::builder().with_software_attestation_for_tests(SoftwareGuest::default());
    let network = accounts::runtime().block_on(builder.start());
    network.expect("the network starts")
});

static VERIFIER: LazyLock<AttestationVerifier> = LazyLock::new(|| {
    let source = ATTESTING.software_attestation().expect("it attests");
    let policy = AttestationPolicy::new().with_insecure_roots(source.insecure_roots());
    AttestationVerifier::new(policy, source)
});

/// The chip of a node.
static CHIP: LazyLock<VcekId> = LazyLock::new(|| {
    let attestation = Attestation::from_json(own().to_string().as_bytes()).expect("well-formed");
    let source = ATTESTING.software_attestation().expect("it attests");
    VcekId::of(attestation.report(), &source.insecure_roots()).expect("well-formed")
});

/// An attestation in JSON, a report in bytes, or a certificate in DER.
pub(crate) fn attestation(data: &[u8]) {
    let (mode, data) = selected(data);
    let milan = AmdRoots::milan();
    match mode % 3 {
        0 => {
            let Ok(attestation) = Attestation::from_json(data) else {
                return;
            };
            // The chips of this process have signed none of the inputs: each process has chips of its own.
            let expected = Expected::new(CHALLENGE);
            let verified = VERIFIER.verify(&attestation, &expected, accounts::now());
            assert!(accounts::runtime().block_on(verified).is_err());
        }
        1 => {
            if let Ok(report) = Report::from_bytes(data) {
                let _ = VcekId::of(&report, &milan);
            }
        }
        // AMD has certified no such chip.
        _ => assert!(Vcek::verify(data, &CHIP, &milan, accounts::now()).is_err()),
    }
}

/// The attestation of a node.
pub(crate) fn own() -> Value {
    let challenge = "00".repeat(CHALLENGE.len());
    let body = json!({ "clientPublicKey": "test", "challenge": challenge, "epoch": 0 });
    let request = NodeRequest::new(
        ATTESTING.node_urls()[0].clone(),
        Endpoint::Handshake,
        vec![
            ("content-type", "application/json".to_owned()),
            ("x-request-id", "lit_abc".to_owned()),
        ],
        body.to_string(),
    );
    let answer = accounts::runtime().block_on(ATTESTING.transport().send(request));
    let answer: Value = serde_json::from_slice(&answer.expect("it answers").body).expect("JSON");
    answer["attestation"].clone()
}
