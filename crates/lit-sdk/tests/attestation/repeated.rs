//! Bad nodes and new clients cost few requests for certificates, since AMD answers few.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use lit_devnet::{Devnet, SoftwareGuest};
use lit_sdk::{
    ExecuteJs, LitNodeClient, WalletAuth,
    transport::attestation::{VcekId, VcekSource, VcekSourceError},
};
use serde_json::json;

use crate::{
    common::{HELLO, any_action},
    edited, network, network_of, policy,
};

/// An action that all nodes answer.
fn hello() -> ExecuteJs {
    let call = ExecuteJs::code(HELLO).with_param("name", "rest");
    call.with_all_answers()
}

/// Each handshake may name another chip, and so cost a request for its certificate.
#[tokio::test]
async fn a_bad_node_gets_no_handshake_for_a_while() {
    let network = network_of(4, SoftwareGuest::default()).await;
    let bad = network.node_urls()[1].clone();
    let source = Arc::new(Counted::new(&network));
    let renamed = AtomicU8::new(0);
    let nodes = edited(&network, {
        let bad = bad.clone();
        move |node, attestation| {
            if *node == bad {
                let report = attestation["report"].as_str().unwrap();
                let mut report = BASE64_STANDARD.decode(report).unwrap();
                report[0x1A0..0x1E0].fill(200 + renamed.fetch_add(1, Ordering::SeqCst));
                attestation["report"] = json!(BASE64_STANDARD.encode(&report));
            }
        }
    });
    let client = LitNodeClient::builder(&network)
        .with_transport(nodes)
        .with_vcek_source(source.clone())
        .with_attestation_policy(policy(&network));
    let client = client.connect().await.unwrap();
    let wallet = WalletAuth::new(lit_test_fakes::wallet());
    let session = client.session(&any_action(), &wallet).await.unwrap();
    let run = async || {
        let answer = client.execute_js(&session, &hello()).await.unwrap();
        assert_eq!(answer.answers.len(), 3);
        source.asked()
    };
    // One for each good chip, and one for the first name.
    for _ in 0..3 {
        assert_eq!(run().await, 4);
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(30)).await;
    tokio::time::resume();
    for _ in 0..3 {
        assert_eq!(run().await, 5);
    }
}

/// A program that connects often asks AMD once for each chip.
#[tokio::test]
async fn clones_of_a_builder_share_certificates() {
    let network = network(3).await;
    let source = Arc::new(Counted::new(&network));
    let builder = LitNodeClient::builder(&network)
        .with_vcek_source(source.clone())
        .with_attestation_policy(policy(&network));
    for _ in 0..3 {
        let client = builder.clone().connect().await.unwrap();
        let wallet = WalletAuth::new(lit_test_fakes::wallet());
        let session = client.session(&any_action(), &wallet).await.unwrap();
        let answer = client.execute_js(&session, &hello()).await.unwrap();
        assert_eq!(answer.answers.len(), 3);
    }
    assert_eq!(source.asked(), 3);
    // What another policy accepts is asked for anew.
    let other = builder.with_attestation_policy(policy(&network));
    other.connect().await.unwrap();
    assert!(source.asked() >= 5, "{}", source.asked());
}

/// Counts the requests for certificates.
#[derive(Debug)]
struct Counted(Arc<dyn VcekSource>, AtomicUsize);

impl Counted {
    fn new(network: &Devnet) -> Self {
        Self(network.software_attestation().unwrap(), AtomicUsize::new(0))
    }

    fn asked(&self) -> usize {
        self.1.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl VcekSource for Counted {
    async fn certificate(&self, id: &VcekId) -> Result<Bytes, VcekSourceError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.certificate(id).await
    }
}
