//! A network with a PKP, and a client that asks its nodes to authorize session keys.

#![allow(dead_code, reason = "each test program uses a part")]

mod sessions;

use std::{sync::Arc, time::Duration};

use alloy_network::EthereumWallet;
use alloy_provider::{DynProvider, Provider, ProviderBuilder};
use alloy_signer_local::PrivateKeySigner;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use lit_contracts::{CreditExpiry, CreditId, LitContracts, RequestRate};
use lit_devnet::{Devnet, DevnetBuilder};
use lit_node_transport::{NodeRequest, NodeTransport, TransportError};
use lit_recap::{SiweBuilder, SiweMessage};
use lit_session_crypto::{SessionKeyPair, sign_siwe};
use lit_types::{
    AuthMethod, Clock, PkpPublicKey, Right, Timestamp, constants::AuthMethodType, wire::Endpoint,
};
use serde_json::{Value, json};

/// A network, the wallet that owns a PKP on it, and a session key.
pub(crate) struct Setup {
    pub(crate) network: Devnet,
    pub(crate) owner: PrivateKeySigner,
    pub(crate) pkp: PkpPublicKey,
    pub(crate) key: SessionKeyPair,
    pub(crate) nonce: String,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        Self::of(Devnet::builder()).await
    }

    pub(crate) async fn of(builder: DevnetBuilder) -> Self {
        let network = builder.start().await.unwrap();
        let owner: PrivateKeySigner = network.funded_keys()[0].parse().unwrap();
        let nonce = latest_blockhash(&network).await;
        let pkp = contracts(&network, &owner).pkp().mint().await.unwrap();
        Self {
            network,
            owner,
            pkp: pkp.public_key,
            key: SessionKeyPair::from_seed(&[7; 32]),
            nonce,
        }
    }

    /// The contracts, as the owner of the PKP sees them.
    pub(crate) fn contracts(&self) -> LitContracts<DynProvider> {
        contracts(&self.network, &self.owner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.network.clock().now().try_into().unwrap()
    }

    pub(crate) fn after(&self, seconds: u64) -> Timestamp {
        self.now()
            .checked_add(Duration::from_secs(seconds))
            .unwrap()
    }

    /// A message of the PKP as the official client writes it, for ten minutes.
    pub(crate) fn message(&self) -> SiweBuilder {
        self.plain_message().with_rights(&requests()).unwrap()
    }

    /// The same without a ReCap.
    pub(crate) fn plain_message(&self) -> SiweBuilder {
        SiweBuilder::new(
            self.pkp.address(),
            self.key.public_key().uri(),
            self.nonce.parse().unwrap(),
            self.now(),
        )
        .with_domain("litprotocol.com")
        .with_statement("Lit Protocol PKP session signature")
        .with_expiration(self.after(600))
    }

    /// A message by which a wallet logs in, as the official client writes it.
    pub(crate) fn login(&self, wallet: &PrivateKeySigner) -> SiweBuilder {
        let nonce = self.nonce.parse().unwrap();
        SiweBuilder::new(wallet.address(), "http://localhost", nonce, self.now())
            .with_expiration(self.after(600))
    }

    /// The auth method of the PKP's owner.
    pub(crate) async fn owner_method(&self) -> AuthMethod {
        wallet_method(&self.owner, self.login(&self.owner)).await
    }

    /// A request to authorize the session key by these methods.
    pub(crate) fn body(&self, message: &SiweMessage, methods: &[AuthMethod]) -> Value {
        json!({
            "sessionKey": self.key.public_key().uri(),
            "authMethods": methods,
            "pkpPublicKey": self.pkp,
            "siweMessage": message.to_string(),
            "curveType": "BLS",
            "epoch": 0,
        })
    }

    /// A good request of the owner.
    pub(crate) async fn good_body(&self) -> Value {
        let message = self.message().build().unwrap();
        self.body(&message, &[self.owner_method().await])
    }

    /// Mints a credit for a wallet with money, until the day after tomorrow.
    pub(crate) async fn mint_credit(&self, wallet: &PrivateKeySigner) -> CreditId {
        let today = self.now().at().unix_timestamp() / 86_400;
        let expiry =
            CreditExpiry::from_unix_seconds(((today + 2) * 86_400).unsigned_abs()).unwrap();
        let credits = contracts(&self.network, wallet).credits();
        let rate = RequestRate::from_per_kilosecond(10).unwrap();
        credits.mint(rate, expiry).await.unwrap().id
    }

    /// What a node answers to a request to authorize a session key.
    pub(crate) async fn ask(&self, node: usize, body: &Value) -> (u16, Value) {
        let (status, body) = self
            .send(node, Endpoint::SignSessionKey, body)
            .await
            .unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// What all nodes answer.
    pub(crate) async fn ask_all(&self, body: &Value) -> Vec<Value> {
        let mut answers = Vec::new();
        for node in 0..self.network.node_urls().len() {
            let (status, answer) = self.ask(node, body).await;
            assert_eq!(status, 200, "{answer}");
            answers.push(answer);
        }
        answers
    }

    pub(crate) async fn send(
        &self,
        node: usize,
        endpoint: Endpoint,
        body: &Value,
    ) -> Result<(u16, Bytes), TransportError> {
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-request-id", "lit_abc".to_owned()),
        ];
        send(&self.network, node, endpoint, headers, body).await
    }

    /// What the first node answers to a body of any text.
    pub(crate) async fn send_text(&self, endpoint: Endpoint, body: String) -> (u16, Value) {
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-request-id", "lit_abc".to_owned()),
        ];
        let request =
            NodeRequest::new(self.network.node_urls()[0].clone(), endpoint, headers, body);
        let transport: Arc<dyn NodeTransport> = self.network.transport();
        let answer = transport.send(request).await.unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }
}

pub(crate) async fn send(
    network: &Devnet,
    node: usize,
    endpoint: Endpoint,
    headers: Vec<(&'static str, String)>,
    body: &Value,
) -> Result<(u16, Bytes), TransportError> {
    let transport: Arc<dyn NodeTransport> = network.transport();
    let request = NodeRequest::new(
        network.node_urls()[node].clone(),
        endpoint,
        headers,
        body.to_string(),
    );
    let answer = transport.send(request).await?;
    Ok((answer.status, answer.body))
}

pub(crate) fn contracts(network: &Devnet, wallet: &PrivateKeySigner) -> LitContracts<DynProvider> {
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(wallet.clone()))
        .connect_client(network.chain().client())
        .erased();
    LitContracts::new(network.context(), provider).with_sender(wallet.address())
}

/// The latest block hash, as the first node gives it.
pub(crate) async fn latest_blockhash(network: &Devnet) -> String {
    let answer = latest_handshake(network).await;
    answer["latestBlockhash"].as_str().unwrap().to_owned()
}

/// What the first node answers to a handshake.
pub(crate) async fn latest_handshake(network: &Devnet) -> Value {
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("x-request-id", "lit_abc".to_owned()),
    ];
    let body = json!({ "clientPublicKey": "test", "challenge": "00", "epoch": 0 });
    let (_, answer) = send(network, 0, Endpoint::Handshake, headers, &body)
        .await
        .unwrap();
    serde_json::from_slice(&answer).unwrap()
}

pub(crate) async fn wallet_method(wallet: &PrivateKeySigner, message: SiweBuilder) -> AuthMethod {
    let auth_sig = sign_siwe(wallet, &message.build().unwrap()).await.unwrap();
    AuthMethod::new(
        AuthMethodType::EthWallet,
        serde_json::to_string(&auth_sig).unwrap(),
    )
}

/// Sign with any PKP, run any action.
pub(crate) fn requests() -> [Right; 2] {
    [Right::sign_with_any_pkp(), Right::run_any_action()]
}

pub(crate) fn base64(code: &str) -> String {
    BASE64_STANDARD.encode(code)
}

pub(crate) fn code(answer: &Value) -> &str {
    answer["errorCode"].as_str().unwrap_or_default()
}
