//! Connecting to nodes that attest themselves, in software, with roots of their own.

#![cfg(feature = "attestation")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

#[path = "../common/mod.rs"]
mod common;
mod repeated;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use common::{HELLO, any_action};
use lit_devnet::{Devnet, Fault, SoftwareGuest};
use lit_sdk::{
    Clock, Error, ExecuteJs, LitNetwork, LitNodeClient, LitNodeClientBuilder, NodeUrl, WalletAuth,
    transport::{
        NodeOutcome, NodeRequest, NodeResponse, NodeTransport, Outcome, QuorumPolicy,
        TransportError, Wait,
        attestation::{
            AttestationError, AttestationPolicy, AttestationVerifier, AttestedTransport,
            CertificateError, GuestPolicy, MalformedAttestation, Measurement, PolicyViolation,
            TcbVersion,
        },
        handshake,
    },
    types::{NodeErrorCode, SdkErrorCode, wire::Endpoint},
};
use lit_test_fakes::AlteredNodes;
use serde_json::{Value, json};

async fn network(nodes: usize) -> Devnet {
    network_of(nodes, SoftwareGuest::default()).await
}

async fn network_of(nodes: usize, guest: SoftwareGuest) -> Devnet {
    let builder = Devnet::builder().with_nodes(nodes);
    let builder = builder.with_software_attestation_for_tests(guest);
    builder.start().await.unwrap()
}

/// Any guest that the chips of the network attest.
fn policy(network: &Devnet) -> AttestationPolicy {
    let roots = network.software_attestation().unwrap().insecure_roots();
    AttestationPolicy::new().with_insecure_roots(roots)
}

fn builder(network: &Devnet) -> LitNodeClientBuilder {
    let source = network.software_attestation().unwrap();
    LitNodeClient::builder(network).with_vcek_source(source)
}

/// Nodes whose attestations are edited.
fn edited(
    network: &Devnet,
    edit: impl Fn(&NodeUrl, &mut Value) + Send + Sync + 'static,
) -> Arc<dyn NodeTransport> {
    let alter = move |request: &NodeRequest, answer: &mut NodeResponse| {
        if request.endpoint == Endpoint::Handshake {
            let mut greeting: Value = serde_json::from_slice(&answer.body).unwrap();
            edit(&request.node, &mut greeting["attestation"]);
            answer.body = serde_json::to_vec(&greeting).unwrap().into();
        }
    };
    Arc::new(AlteredNodes::new(network.transport(), alter))
}

/// Why each node is refused; none if it is not.
async fn verdicts(
    network: &Devnet,
    nodes: Arc<dyn NodeTransport>,
    policy: AttestationPolicy,
) -> Vec<Option<AttestationError>> {
    let source = network.software_attestation().unwrap();
    let verifier = AttestationVerifier::new(policy, source);
    let attested = AttestedTransport::new(nodes, verifier, network.clock());
    let attested = Arc::new(attested);
    let transport: Arc<dyn NodeTransport> = attested.clone();
    let quorum = QuorumPolicy::new(1).with_wait(Wait::ForAll);
    let outcomes = match handshake(&transport, network.node_urls(), 0, &quorum).await {
        Ok(handshake) => handshake.outcomes,
        Err(lit_sdk::transport::HandshakeError::Nodes(error)) => error.outcomes,
        Err(error) => panic!("{error}"),
    };
    let verdict = |outcome| match outcome {
        Outcome::Valid => None,
        Outcome::Failed(TransportError::Attestation(error)) => Some(*error),
        other => panic!("{other}"),
    };
    let mut verdicts = Vec::new();
    for NodeOutcome { node, outcome, .. } in outcomes {
        let verdict = verdict(outcome);
        let proved = attested.attestation(&node).await;
        assert_eq!(proved.is_some(), verdict.is_none(), "{node}");
        verdicts.push(verdict);
    }
    verdicts
}

#[tokio::test]
async fn attested_nodes_are_used_as_others() {
    let network = network(3).await;
    let guest = network.software_attestation().unwrap().guest().clone();
    let strict = policy(&network)
        .with_allowed_measurements([guest.measurement])
        .with_minimum_tcb(guest.tcb)
        .with_max_age(Duration::from_secs(60));
    let client = builder(&network).with_attestation_policy(strict).connect();
    let client = client.await.unwrap();
    let wallet = WalletAuth::new(lit_test_fakes::wallet());
    let session = client.session(&any_action(), &wallet).await.unwrap();
    let call = ExecuteJs::code(HELLO)
        .with_param("name", "rest")
        .with_all_answers();
    let answer = client.execute_js(&session, &call).await.unwrap();
    assert_eq!(
        (answer.response.as_str(), answer.answers.len()),
        ("hello rest", 3)
    );
}

#[tokio::test]
async fn attestation_is_forced_where_the_official_client_forces_it() {
    let network = network(3).await;
    for kind in [
        LitNetwork::Datil,
        LitNetwork::DatilTest,
        LitNetwork::Habanero,
        LitNetwork::Manzano,
    ] {
        // The network's chips are not AMD's.
        let error = builder(&network).with_network(kind).connect().await;
        let error = error.unwrap_err();
        assert_eq!(error.sdk_code(), Some(SdkErrorCode::InvalidNodeAttestation));
        assert!(!error.is_retryable());
        let Error::Connect(nodes) = error else {
            panic!("{error}")
        };
        for node in &nodes.outcomes {
            let refusal = CertificateError::Signature("VCEK").into();
            assert_eq!(attestation_error(&node.outcome), Some(&refusal), "{kind}");
        }
        let client = builder(&network)
            .with_network(kind)
            .with_attestation_policy(policy(&network));
        assert_eq!(client.connect().await.unwrap().network(), kind);
    }
    for kind in [
        LitNetwork::Custom,
        LitNetwork::DatilDev,
        LitNetwork::Cayenne,
    ] {
        builder(&network)
            .with_network(kind)
            .connect()
            .await
            .unwrap();
    }
}

fn attestation_error(outcome: &Outcome) -> Option<&AttestationError> {
    match outcome {
        Outcome::Failed(TransportError::Attestation(error)) => Some(error),
        _ => None,
    }
}

#[tokio::test]
async fn a_node_without_attestation_is_refused() {
    let network = Devnet::start(3).await.unwrap();
    let attesting = network_of(3, SoftwareGuest::default()).await;
    let error = LitNodeClient::builder(&network)
        .with_attestation_policy(policy(&attesting))
        .with_vcek_source(attesting.software_attestation().unwrap());
    let error = error.connect().await.unwrap_err();
    let report = std::error::Error::source(&error).unwrap().to_string();
    for node in network.node_urls() {
        let line = report
            .lines()
            .find(|line| line.contains(node.as_str()))
            .unwrap();
        assert!(
            line.ends_with("attestation failed: the node gave no attestation"),
            "{line}"
        );
    }
}

/// One bad node of four is named and gets no requests; two are too many.
#[tokio::test]
async fn bad_nodes_below_the_threshold_are_left_out() {
    let network = network_of(4, SoftwareGuest::default()).await;
    let bad = network.node_urls()[1].clone();
    let with_bad = |bad: Vec<NodeUrl>| {
        let nodes = edited(&network, move |node, attestation| {
            if bad.contains(node) {
                attestation["report"] = json!("AgAAAA==");
            }
        });
        builder(&network)
            .with_transport(nodes)
            .with_attestation_policy(policy(&network))
    };
    let client = with_bad(vec![bad.clone()]).connect().await.unwrap();
    let wallet = WalletAuth::new(lit_test_fakes::wallet());
    let session = client.session(&any_action(), &wallet).await.unwrap();
    let call = ExecuteJs::code(HELLO)
        .with_param("name", "rest")
        .with_all_answers();
    let answer = client.execute_js(&session, &call).await.unwrap();
    assert_eq!(
        (answer.response.as_str(), answer.answers.len()),
        ("hello rest", 3)
    );
    assert!(!client.connected_nodes().contains(&bad));
    let seen = network.requests();
    let seen: Vec<&str> = (seen.iter().filter(|request| request.node == bad))
        .map(|request| request.path.trim_end_matches('/'))
        .collect();
    // At the connection; the calls do not ask it again.
    assert_eq!(seen, ["/web/handshake"]);

    let all_bad = network.node_urls()[1..].to_vec();
    let error = with_bad(all_bad.clone()).connect().await.unwrap_err();
    assert_eq!(error.sdk_code(), Some(SdkErrorCode::InvalidNodeAttestation));
    let report = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        report.contains("1 of 4 nodes gave a valid answer, 2 are needed"),
        "{report}"
    );
    for node in all_bad {
        let line = report
            .lines()
            .find(|line| line.contains(node.as_str()))
            .unwrap();
        assert!(
            line.ends_with(
                "attestation failed: malformed attestation: malformed report: \
                 4 bytes, expected 1184 and zeros up to 4096"
            ),
            "{line}"
        );
    }
}

/// A node that was down at the connection is attested before its first request.
#[tokio::test]
async fn late_nodes_are_attested_first() {
    let network = network(3).await;
    let node = network.node(2);
    node.fail(Fault::Stopped);
    let client = builder(&network).with_attestation_policy(policy(&network));
    let client = client.connect().await.unwrap();
    let wallet = WalletAuth::new(lit_test_fakes::wallet());
    let session = client.session(&any_action(), &wallet).await.unwrap();
    let call = ExecuteJs::code(HELLO)
        .with_param("name", "rest")
        .with_all_answers();

    node.fail(Fault::ErrorAt(
        Endpoint::Handshake,
        NodeErrorCode::NodeSystemFault,
    ));
    assert_eq!(
        client
            .execute_js(&session, &call)
            .await
            .unwrap()
            .answers
            .len(),
        2
    );
    node.recover();
    assert_eq!(
        client
            .execute_js(&session, &call)
            .await
            .unwrap()
            .answers
            .len(),
        3
    );
    let paths = || -> Vec<(String, u16)> {
        let requests = network.requests().into_iter();
        let its = requests.filter(|request| request.node == *node.url());
        its.map(|request| (request.path, request.status)).collect()
    };
    let (greeting, run) = ("/web/handshake/".to_owned(), "/web/execute/v1".to_owned());
    let seen = [(greeting.clone(), 500), (greeting, 200), (run.clone(), 200)];
    assert_eq!(paths(), seen);
    assert_eq!(
        client
            .execute_js(&session, &call)
            .await
            .unwrap()
            .answers
            .len(),
        3
    );
    assert_eq!(paths()[3..], [(run, 200)]);
}

#[tokio::test]
async fn policies_apply_to_every_node() {
    let guest = SoftwareGuest::default();
    let refusal =
        async |guest: SoftwareGuest, policy: &dyn Fn(AttestationPolicy) -> AttestationPolicy| {
            let network = network_of(3, guest).await;
            let policy = policy(self::policy(&network));
            let verdicts = verdicts(&network, network.transport(), policy).await;
            assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]));
            verdicts[0].clone()
        };
    type Change = fn(AttestationPolicy) -> AttestationPolicy;
    let doors: [(u32, PolicyViolation, Change); 2] = [
        (
            19,
            PolicyViolation::Debugging,
            AttestationPolicy::with_debugging_allowed,
        ),
        (
            18,
            PolicyViolation::Migration,
            AttestationPolicy::with_migration_allowed,
        ),
    ];
    for (bit, violation, allow) in doors {
        let open = SoftwareGuest {
            policy: GuestPolicy(0x3_0000 | 1 << bit),
            ..guest.clone()
        };
        let refused = refusal(open.clone(), &|policy| policy).await;
        assert_eq!(refused, Some(violation.into()));
        assert_eq!(refusal(open, &allow).await, None);
    }
    let other = Measurement([1; 48]);
    assert_eq!(
        refusal(guest.clone(), &|policy| policy
            .with_allowed_measurements([other]))
        .await,
        Some(PolicyViolation::Measurement(guest.measurement).into())
    );
    let minimum = TcbVersion {
        microcode: 170,
        ..guest.tcb
    };
    let found = guest.tcb;
    assert_eq!(
        refusal(guest, &|policy| policy.with_minimum_tcb(minimum)).await,
        Some(PolicyViolation::OldFirmware { found, minimum }.into())
    );
}

#[tokio::test]
async fn the_guests_clock_is_compared() {
    let network = network(3).await;
    let clock = network.clock();
    clock.stop_at(clock.now());
    let now = clock.now();
    let minute = Duration::from_secs(60);
    let strict = || policy(&network).with_max_age(minute);
    let behind = lit_test_fakes::FakeClock::at(now);
    let verify = async || {
        let source = network.software_attestation().unwrap();
        let verifier = AttestationVerifier::new(strict(), source);
        let attested = AttestedTransport::new(network.transport(), verifier, behind.clone());
        let attested: Arc<dyn NodeTransport> = Arc::new(attested);
        let quorum = QuorumPolicy::new(3).with_wait(Wait::ForAll);
        let error = handshake(&attested, network.node_urls(), 0, &quorum)
            .await
            .err()?;
        let lit_sdk::transport::HandshakeError::Nodes(error) = error else {
            panic!("{error}")
        };
        attestation_error(&error.outcomes[0].outcome).cloned()
    };
    assert_eq!(verify().await, None);
    // The clock of the client is a second too far ahead, and then behind by more than clocks may differ.
    behind.advance(Duration::from_secs(62));
    assert!(matches!(
        verify().await,
        Some(AttestationError::Policy(PolicyViolation::TooOld { max, .. })) if max == minute
    ));
    behind.set_unix(now.unix_timestamp() - 61);
    assert!(matches!(
        verify().await,
        Some(AttestationError::Policy(
            PolicyViolation::FromTheFuture { .. }
        ))
    ));
}

/// Answers for node 1 with the attestation of node 0, to the challenge of the client.
struct Relay(Arc<dyn NodeTransport>, Vec<NodeUrl>);

#[async_trait]
impl NodeTransport for Relay {
    async fn send(&self, mut request: NodeRequest) -> Result<NodeResponse, TransportError> {
        if request.node == self.1[1] {
            request.node = self.1[0].clone();
        }
        self.0.send(request).await
    }
}

#[tokio::test]
async fn a_node_cannot_show_the_attestation_of_another() {
    let network = network(3).await;
    let urls = network.node_urls().to_vec();
    let relay = Arc::new(Relay(network.transport(), urls.clone()));
    let relayed = AttestationError::Address {
        found: urls[0].host_and_port(),
        expected: urls[1].host_and_port(),
    };
    let found = verdicts(&network, relay, policy(&network)).await;
    assert_eq!(found, [None, Some(relayed), None]);
}

/// Each member of the attestation of one node is dropped, emptied, or of another type.
#[tokio::test]
async fn a_changed_member_fails_its_node_alone() {
    let network = network(3).await;
    let victim = network.node_urls()[1].clone();
    let members = ["type", "noonce", "data", "signatures", "report"];
    let values = [
        json!(null),
        json!(""),
        json!(0),
        json!([]),
        json!({}),
        json!("AAAA"),
    ];
    let changes = members.iter().flat_map(|member| {
        let changed = values.iter().map(|value| Some(value.clone()));
        changed
            .chain([None])
            .map(|value| ((*member).to_owned(), value))
    });
    let data = ["EXTERNAL_ADDR", "INSTANCE_ID", "RELEASE_ID", "UNIX_TIME"];
    let data = data.map(|name| (format!("data/{name}"), Some(json!("AAAA"))));
    let mut tried = 0;
    for (path, value) in changes.chain(data) {
        let (name, victim) = (path.clone(), victim.clone());
        let shown = format!("{path}: {value:?}");
        let nodes = edited(&network, move |node, attestation| {
            if *node == victim {
                match (name.strip_prefix("data/"), &value) {
                    (Some(name), Some(value)) => attestation["data"][name] = value.clone(),
                    (_, Some(value)) => attestation[&name] = value.clone(),
                    (_, None) => drop(attestation.as_object_mut().unwrap().remove(&name)),
                }
            }
        });
        let found = verdicts(&network, nodes, policy(&network)).await;
        assert_eq!((&found[0], &found[2]), (&None, &None), "{shown}");
        let error = found[1].as_ref().unwrap();
        let expected = match path.as_str() {
            "data" | "signatures" if value_is_empty(error) => true,
            "data/EXTERNAL_ADDR" => matches!(
                error,
                AttestationError::Malformed(MalformedAttestation::Datum {
                    name: "EXTERNAL_ADDR",
                    ..
                })
            ),
            _ => matches!(error, AttestationError::Malformed(_)),
        };
        assert!(expected, "{shown}: {error:?}");
        tried += 1;
    }
    assert_eq!(tried, 5 * 7 + 4);
}

/// The refusals of an attestation with empty data or without signatures, which have the right form.
fn value_is_empty(error: &AttestationError) -> bool {
    matches!(
        error,
        AttestationError::Address { .. } | AttestationError::ReportData
    )
}
