//! Nodes that sign for PKPs with real shares, and do to each request what a test says.

use std::{sync::Arc, time::Duration};

use lit_key_shares::{BlsSecretKey, BlsSecretShare};
use lit_sdk::{
    LitNodeClient, NodeList,
    session_crypto::{BlsSignatureShare, rewrite_for_pkp, session_digest},
    transport::NodeRequest,
    types::{
        AuthContext, NodeErrorBody, NodeErrorCode,
        wire::{Endpoint, SignSessionKeyRequest, SignSessionKeyResponse},
    },
};
use lit_test_fakes::{FakeClock, FakeNodes, Reply, greeting, node_urls, rng};
use time::OffsetDateTime;

/// What a node does when it is asked to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conduct {
    Honest,
    /// Honest, after so many seconds.
    Slow(u64),
    Dead,
    Hangs,
    Refuses,
    Garbage,
    /// Signs a message that grants more.
    GrantsMore,
    /// Signs with an auth context of its own.
    OtherContext,
    /// Signs the message of another session key.
    OtherKey,
    /// A point that is no share of anything.
    CorruptShare,
    /// The share of node 0, with its identifier.
    Replays,
    /// The point of node 0 as one's own.
    Plagiarises,
    /// The share of this request, signed over other bytes.
    OtherDigest,
    /// An earlier share of the same node, of another message.
    Stale,
    /// An answer without `dataSigned`.
    Incomplete,
    /// The block is of tomorrow.
    FutureBlock,
}

/// The nodes of a network.
pub(crate) struct Nodes {
    transport: Arc<FakeNodes>,
    count: usize,
}

/// What they sign with, and how.
struct Signers {
    key: BlsSecretKey,
    shares: Vec<BlsSecretShare>,
    conduct: Vec<Conduct>,
}

/// 2025-01-15T12:34:56.789Z.
fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(1_736_944_496_789_000_000).unwrap()
}

impl Nodes {
    pub(crate) fn deal(threshold: u8, conduct: &[Conduct]) -> Self {
        let mut rng = rng(1);
        let key = BlsSecretKey::generate(&mut rng);
        let count = u8::try_from(conduct.len()).unwrap();
        let signers = Signers {
            shares: key.deal(threshold, count, &mut rng).unwrap(),
            conduct: conduct.to_vec(),
            key,
        };
        let blockhash = format!("0x{}", "7".repeat(64));
        let greeting = greeting(&signers.key.public_key().to_string(), &blockhash);
        let transport = FakeNodes::by(move |request| signers.reply(request)).greeting(greeting);
        Self {
            transport: Arc::new(transport),
            count: conduct.len(),
        }
    }

    pub(crate) async fn connect(&self, threshold: usize) -> LitNodeClient {
        LitNodeClient::builder(&NodeList::from_urls(node_urls(self.count), threshold))
            .with_transport(self.transport.clone())
            .with_clock(FakeClock::at(now()))
            .connect()
            .await
            .unwrap()
    }

    /// What was asked, beside handshakes.
    pub(crate) fn requests(&self) -> Vec<NodeRequest> {
        self.transport.requests()
    }
}

impl Signers {
    fn reply(&self, request: &NodeRequest) -> Reply {
        assert_eq!(request.endpoint, Endpoint::SignSessionKey);
        let mut urls = node_urls(self.shares.len()).into_iter();
        let index = urls.position(|url| url == request.node).unwrap();
        let conduct = self.conduct[index];
        let signed = || Reply::json(&self.sign(index, conduct, &request.body));
        match conduct {
            Conduct::Dead => Reply::refused(),
            Conduct::Hangs => Reply::never(),
            Conduct::Refuses => {
                let code = NodeErrorCode::NodeAuthSigScopeTooLimited;
                let refusal = NodeErrorBody::new(code, "not permitted");
                Reply::status(401, serde_json::to_vec(&refusal).unwrap())
            }
            Conduct::Garbage => Reply::json(&"garbage"),
            Conduct::Slow(seconds) => signed().after(Duration::from_secs(seconds)),
            _ => signed(),
        }
    }

    fn sign(&self, index: usize, conduct: Conduct, body: &[u8]) -> SignSessionKeyResponse {
        let request: SignSessionKeyRequest = serde_json::from_slice(body).unwrap();
        let mut text = request.siwe_message;
        if conduct == Conduct::OtherKey {
            text = text.replace("lit:session:", "lit:session:0");
        }
        let sent: lit_sdk::recap::SiweMessage = text.parse().unwrap();
        let context = AuthContext {
            custom_auth_resource: match conduct {
                Conduct::OtherContext => "of my own".to_owned(),
                _ => "true".to_owned(),
            },
            ..AuthContext::default()
        };
        let block = now()
            + match conduct {
                Conduct::FutureBlock => time::Duration::DAY,
                _ => -time::Duration::MINUTE,
            };
        let mut message = rewrite_for_pkp(&sent, sent.address(), block, &context).unwrap();
        if conduct == Conduct::GrantsMore {
            let mut more = lit_sdk::recap::ReCap::new();
            more.grant_all(&lit_sdk::LitResource::any_pkp());
            message = more.add_to(&message).unwrap();
        }
        let digest = session_digest(message.as_str());
        let share = &self.shares[index];
        let own = share.sign(&digest);
        let signed = match conduct {
            Conduct::CorruptShare => {
                let other = BlsSecretKey::generate(&mut rng(2)).sign(&digest);
                BlsSignatureShare::new(own.identifier(), other)
            }
            Conduct::Replays => self.shares[0].sign(&digest),
            Conduct::Plagiarises => BlsSignatureShare::new(
                own.identifier(),
                self.shares[0].sign(&digest).signature().unwrap(),
            ),
            Conduct::OtherDigest | Conduct::Stale => share.sign(b"something else"),
            _ => own,
        };
        let data_signed = match conduct {
            Conduct::Incomplete => String::new(),
            Conduct::OtherDigest => "00".repeat(32),
            _ => digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        SignSessionKeyResponse {
            result: "success".to_owned(),
            share_index: u32::from(signed.identifier().get()) - 1,
            signature_share: signed.into(),
            curve_type: "BLS".to_owned(),
            siwe_message: message.as_str().to_owned(),
            data_signed,
            bls_root_pubkey: self.key.public_key().to_string(),
        }
    }
}
