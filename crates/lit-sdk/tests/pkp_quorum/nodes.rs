//! Nodes that sign for PKPs with real shares, and do to each request what a test says.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use lit_sdk::{
    Clock, LitNodeClient, NodeList, NodeUrl,
    session_crypto::{
        BlsSecretKey, BlsSecretShare, BlsSignatureShare, rewrite_for_pkp, session_digest,
    },
    transport::{NodeRequest, NodeResponse, NodeTransport, TransportError},
    types::{
        AuthContext, NodeErrorBody, NodeErrorCode,
        wire::{Endpoint, HandshakeResponse, SignSessionKeyRequest, SignSessionKeyResponse},
    },
};
use rand_core::OsRng;
use serde::Serialize;
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

pub(crate) struct Nodes {
    key: BlsSecretKey,
    shares: Vec<BlsSecretShare>,
    pub(crate) conduct: Mutex<Vec<Conduct>>,
    /// What was asked, beside handshakes.
    pub(crate) requests: Mutex<Vec<NodeRequest>>,
}

/// 2025-01-15T12:34:56.789Z.
#[derive(Debug)]
pub(crate) struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(1_736_944_496_789_000_000).unwrap()
    }
}

impl Nodes {
    pub(crate) fn deal(threshold: u8, conduct: &[Conduct]) -> Arc<Self> {
        let key = BlsSecretKey::generate(&mut OsRng);
        let count = u8::try_from(conduct.len()).unwrap();
        let shares = key.deal(threshold, count, &mut OsRng).unwrap();
        Arc::new(Self {
            key,
            shares,
            conduct: Mutex::new(conduct.to_vec()),
            requests: Mutex::default(),
        })
    }

    pub(crate) fn url(index: usize) -> NodeUrl {
        format!("http://127.0.0.1:{}", 7470 + index)
            .parse()
            .unwrap()
    }

    pub(crate) async fn connect(self: &Arc<Self>, threshold: usize) -> LitNodeClient {
        let urls = (0..self.shares.len()).map(Self::url);
        LitNodeClient::builder(&NodeList::from_urls(urls, threshold))
            .with_transport(self.clone())
            .with_clock(Arc::new(FixedClock))
            .connect()
            .await
            .unwrap()
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
        let block = FixedClock.now()
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
                let other = BlsSecretKey::generate(&mut OsRng).sign(&digest);
                BlsSignatureShare::new(own.identifier(), other)
            }
            Conduct::Replays => self.shares[0].sign(&digest),
            Conduct::Plagiarises => {
                BlsSignatureShare::new(own.identifier(), *self.shares[0].sign(&digest).signature())
            }
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

    fn greet(&self) -> HandshakeResponse {
        let key = self.key.public_key().to_string();
        HandshakeResponse {
            server_public_key: String::new(),
            subnet_public_key: key.clone(),
            network_public_key: key.clone(),
            network_public_key_set: key,
            client_sdk_version: String::new(),
            hd_root_pubkeys: Vec::new(),
            attestation: None,
            latest_blockhash: format!("0x{}", "7".repeat(64)),
        }
    }
}

fn answer(status: u16, body: &impl Serialize) -> Result<NodeResponse, TransportError> {
    Ok(NodeResponse {
        status,
        body: Bytes::from(serde_json::to_vec(body).unwrap()),
    })
}

#[async_trait]
impl NodeTransport for Nodes {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        if request.endpoint == Endpoint::Handshake {
            return answer(200, &self.greet());
        }
        assert_eq!(request.endpoint, Endpoint::SignSessionKey);
        let urls = (0..self.shares.len()).map(Self::url);
        let index = urls
            .into_iter()
            .position(|url| url == request.node)
            .unwrap();
        let conduct = self.conduct.lock().unwrap()[index];
        let body = request.body.clone();
        self.requests.lock().unwrap().push(request);
        match conduct {
            Conduct::Dead => Err(TransportError::Connect("connection refused".into())),
            Conduct::Hangs => std::future::pending().await,
            Conduct::Refuses => answer(
                401,
                &NodeErrorBody::new(NodeErrorCode::NodeAuthSigScopeTooLimited, "not permitted"),
            ),
            Conduct::Garbage => answer(200, &"garbage"),
            Conduct::Slow(seconds) => {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
                answer(200, &self.sign(index, conduct, &body))
            }
            _ => answer(200, &self.sign(index, conduct, &body)),
        }
    }
}
