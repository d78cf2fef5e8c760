//! Lit Actions on the nodes of a network: calls to the chain, to each other and to other actions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "these are tests"
)]

mod calls;
mod chain;
#[path = "../common/counter.rs"]
mod counter;
mod meetings;
#[cfg(feature = "http")]
mod named_chains;
mod places;

use std::sync::Arc;

use alloy_network::EthereumWallet;
use alloy_provider::{Provider, ProviderBuilder, WalletProvider};
use alloy_signer_local::PrivateKeySigner;
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use futures_util::future::join_all;
use lit_contracts::LitContracts;
use lit_devnet::{Devnet, DevnetBuilder, MemoryTransport, actions::ActionLimits};
use lit_node_transport::{NodeRequest, NodeTransport};
use lit_recap::SiweBuilder;
use lit_session_crypto::{SessionKeyPair, SessionTemplate, sign_siwe};
use lit_types::{AuthSig, Clock, NodeUrl, Right, Timestamp, wire::Endpoint};
use serde_json::{Value, json};

/// A network and a session that may run any action on it.
pub(crate) struct Setup {
    pub(crate) network: Devnet,
    transport: Arc<MemoryTransport>,
    template: SessionTemplate,
    key: SessionKeyPair,
}

impl Setup {
    pub(crate) async fn new() -> Self {
        Self::of(Devnet::builder()).await
    }

    pub(crate) async fn with_limits(limits: ActionLimits) -> Self {
        Self::of(Devnet::builder().with_action_limits(limits)).await
    }

    pub(crate) async fn of(builder: DevnetBuilder) -> Self {
        let network = builder.start().await.unwrap();
        let (template, key) = session(&network, 7).await;
        Self {
            transport: network.transport(),
            network,
            template,
            key,
        }
    }

    /// The answer of one node: status and body.
    pub(crate) async fn ask(
        &self,
        node: usize,
        id: &str,
        code: &str,
        params: &Value,
    ) -> (u16, Value) {
        let node = &self.network.node_urls()[node];
        let sig = self.template.sign_for(&self.key, node);
        execute(&self.transport, node, id, code, params, &sig).await
    }

    /// The answer of node 0, which has to be a success.
    pub(crate) async fn run(&self, code: &str) -> Value {
        self.run_with(code, &json!({})).await
    }

    pub(crate) async fn run_with(&self, code: &str, params: &Value) -> Value {
        let (status, body) = self.ask(0, "lit_run", code, params).await;
        assert_eq!(status, 200, "{code}: {body}");
        body
    }

    /// The value of an expression on node 0.
    pub(crate) async fn value(&self, expression: &str) -> Value {
        let code = format!(
            "(async () => Lit.Actions.setResponse({{ response: JSON.stringify({expression}) }}))()"
        );
        let answer = self.run(&code).await;
        serde_json::from_str(answer["response"].as_str().unwrap()).unwrap()
    }

    /// The error that an expression fails with on node 0: `Name: message`.
    pub(crate) async fn error(&self, expression: &str) -> String {
        let code = format!(
            "(async () => {{ try {{ await {expression}; Lit.Actions.setResponse({{ response: 'no error' }}) }}
             catch (error) {{ Lit.Actions.setResponse({{ response: `${{error}}` }}) }} }})()"
        );
        self.run(&code).await["response"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// The answers of all nodes to one request.
    pub(crate) async fn ask_all(&self, id: &str, code: &str) -> Vec<(u16, Value)> {
        let params = json!({});
        let nodes = 0..self.network.node_urls().len();
        join_all(nodes.map(|node| self.ask(node, id, code, &params))).await
    }
}

pub(crate) async fn session(network: &Devnet, seed: u8) -> (SessionTemplate, SessionKeyPair) {
    let (wallet, key) = (
        lit_test_fakes::wallet(),
        SessionKeyPair::from_seed(&[seed; 32]),
    );
    let now = Timestamp::try_from(network.clock().now()).unwrap();
    let end = now
        .checked_add(std::time::Duration::from_secs(600))
        .unwrap();
    let requests = [Right::run_any_action()];
    let nonce = "0123456789".parse().unwrap();
    let message = SiweBuilder::new(wallet.address(), key.public_key().uri(), nonce, now.clone())
        .with_rights(&requests)
        .unwrap()
        .build()
        .unwrap();
    let root = sign_siwe(&wallet, &message).await.unwrap();
    let template = SessionTemplate::new(key.public_key(), &requests, &[root], &now, &end);
    (template, key)
}

pub(crate) async fn execute(
    transport: &MemoryTransport,
    node: &NodeUrl,
    id: &str,
    code: &str,
    params: &Value,
    sig: &AuthSig,
) -> (u16, Value) {
    let body = json!({ "code": BASE64_STANDARD.encode(code), "jsParams": params, "authSig": sig, "epoch": 0 });
    let mut headers = vec![("content-type", "application/json".to_owned())];
    if !id.is_empty() {
        headers.push(("x-request-id", id.to_owned()));
    }
    let request = NodeRequest::new(node.clone(), Endpoint::Execute, headers, body.to_string());
    let response = transport.send(request).await.unwrap();
    (
        response.status,
        serde_json::from_slice(&response.body).unwrap(),
    )
}

pub(crate) fn contracts(
    network: &Devnet,
) -> LitContracts<impl Provider + WalletProvider + Clone + use<>> {
    let signer: PrivateKeySigner = network.funded_keys()[0].parse().unwrap();
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(signer))
        .connect_client(network.chain().client());
    LitContracts::with_wallet(network.context(), provider)
}
