//! The client's work for a session that the network signs, against its minimum: read and combine a threshold of shares, and
//! verify the result once.
//!
//! The nodes' answers are recorded, so they cost nothing. Budget: at most 1.3 times the minimum.

use std::{
    collections::HashMap,
    hint::black_box,
    sync::{Arc, Mutex},
};

use alloy_network::EthereumWallet;
use alloy_provider::ProviderBuilder;
use alloy_signer_local::PrivateKeySigner;
use async_trait::async_trait;
use criterion::Criterion;
use lit_devnet::{Devnet, MemoryTransport};
use lit_sdk::{
    ActionCid, Clock, LitAction, LitActionLogin, LitNodeClient, NodeUrl, PkpLogin, Right,
    SessionRequest,
    contracts::{LitContracts, Scopes},
    login::EthWalletProvider,
    session_crypto::{BlsPublicKey, BlsQuorum, BlsSignatureShare, SessionKeyPair, session_digest},
    transport::{NodeRequest, NodeResponse, NodeTransport, TransportError},
    types::wire::{Endpoint, SignSessionKeyResponse},
};

use crate::setup;

const NODES: usize = 10;

/// The action that grants sessions.
const GRANTING: &str = "Lit.Actions.setResponse({ response: 'true' })";

/// Nodes that are asked once, and then repeat their answers to the same question.
struct Recorded {
    nodes: Arc<MemoryTransport>,
    answers: Mutex<HashMap<Question, NodeResponse>>,
}

type Question = (NodeUrl, Endpoint, Vec<u8>);

#[async_trait]
impl NodeTransport for Recorded {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        let NodeRequest {
            node,
            endpoint,
            body,
            ..
        } = request.clone();
        let question = (node, endpoint, body.to_vec());
        let known = self.answers.lock().unwrap().get(&question).cloned();
        if let Some(answer) = known {
            return Ok(answer);
        }
        let answer = self.nodes.send(request).await?;
        let mut answers = self.answers.lock().unwrap();
        answers.insert(question, answer.clone());
        Ok(answer)
    }
}

impl Recorded {
    /// The nodes' answers to the last question for a session.
    fn shares(&self) -> Vec<SignSessionKeyResponse> {
        let answers = self.answers.lock().unwrap();
        let signing = |(_, endpoint, _): &Question| *endpoint == Endpoint::SignSessionKey;
        let bodies = answers.iter().filter(|(question, _)| signing(question));
        bodies
            .map(|(_, answer)| serde_json::from_slice(&answer.body).unwrap())
            .collect()
    }
}

struct Setup {
    _network: Devnet,
    recorded: Arc<Recorded>,
    client: LitNodeClient,
    /// With its own key, so that the question is the same each time.
    request: SessionRequest,
    by_wallet: PkpLogin,
    by_action: LitActionLogin,
}

async fn setup() -> Setup {
    let network = Devnet::builder().with_nodes(NODES).start().await.unwrap();
    network.clock().stop_at(network.clock().now());
    let owner: PrivateKeySigner = network.funded_keys()[0].parse().unwrap();
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(owner.clone()))
        .connect_client(network.chain().client());
    let contracts = LitContracts::with_wallet(network.context(), provider);
    let pkp = contracts.pkp().mint().await.unwrap();
    let cid = ActionCid::of_code(GRANTING.as_bytes());
    let permissions = contracts.permissions();
    permissions
        .add_action(pkp.token_id, &cid, Scopes::SIGN_ANYTHING)
        .await
        .unwrap();

    let recorded = Arc::new(Recorded {
        nodes: network.transport(),
        answers: Mutex::default(),
    });
    let client = LitNodeClient::builder(&network)
        .with_transport(Arc::clone(&recorded) as Arc<dyn NodeTransport>)
        .connect()
        .await
        .unwrap();
    let method = EthWalletProvider::authenticate(&client, &owner).await;
    let request = SessionRequest::new([Right::sign_with_any_pkp(), Right::run_any_action()]);
    Setup {
        _network: network,
        recorded,
        client,
        request: request.with_session_key(SessionKeyPair::from_seed(&[7; 32])),
        by_wallet: PkpLogin::new(pkp.public_key).with_auth_methods([method.unwrap()]),
        by_action: LitActionLogin::new(pkp.public_key, LitAction::code(GRANTING)),
    }
}

pub(crate) fn benches(c: &mut Criterion) {
    // One thread, besides the one for pairings, so that the time is processor time.
    let runtime = setup::runtime();
    let Setup {
        _network,
        recorded,
        client,
        request,
        by_wallet,
        by_action,
    } = runtime.block_on(setup());
    let by_wallet = || client.get_pkp_session_sigs(&request, &by_wallet);
    let by_action = || client.get_lit_action_session_sigs(&request, &by_action);
    runtime.block_on(async {
        by_wallet().await.unwrap();
        while recorded.shares().len() < NODES {
            tokio::task::yield_now().await;
        }
    });
    let answers = recorded.shares();
    let shares: Vec<_> = answers[..client.threshold()]
        .iter()
        .map(|answer| answer.signature_share.clone())
        .collect();
    let digest = session_digest(&answers[0].siwe_message);
    let key: BlsPublicKey = client.keys().network_public_key.parse().unwrap();
    let threshold = u8::try_from(client.threshold()).unwrap();
    runtime.block_on(async {
        by_action().await.unwrap();
        while recorded.shares().len() < 2 * NODES {
            tokio::task::yield_now().await;
        }
    });

    let mut group = c.benchmark_group("a session that 10 nodes sign");
    group.bench_function("floor", |b| {
        b.iter(|| {
            let shares: Vec<_> = black_box(&shares)
                .iter()
                .map(|share| BlsSignatureShare::try_from(share).unwrap())
                .collect();
            let quorum = BlsQuorum::new(key, threshold);
            black_box(quorum.combine(&digest, &shares).unwrap())
        });
    });
    group.bench_function("PKP session", |b| {
        b.to_async(&runtime)
            .iter(|| async { by_wallet().await.unwrap() });
    });
    group.bench_function("Lit Action session", |b| {
        b.to_async(&runtime)
            .iter(|| async { by_action().await.unwrap() });
    });
    group.finish();
}
