//! The chain of a network, read and written through `lit-contracts`: nothing here knows how the contracts are deployed.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{collections::BTreeSet, sync::Arc};

use alloy_network::EthereumWallet;
use alloy_provider::{Provider, ProviderBuilder, WalletProvider};
use alloy_signer_local::PrivateKeySigner;
use k256::{
    ProjectivePoint, PublicKey, Secp256k1,
    elliptic_curve::{
        hash2curve::{ExpandMsgXmd, GroupDigest},
        sec1::ToEncodedPoint,
    },
};
use lit_contracts::{ActionCid, EpochState, LitContracts, Scopes, bindings::PubkeyRouter};
use lit_devnet::Devnet;
use lit_node_transport::{NodeTransport, QuorumPolicy, handshake};
use sha2::Sha256;

fn contracts(network: &Devnet) -> LitContracts<impl Provider + WalletProvider + Clone> {
    let signer: PrivateKeySigner = network.funded_keys()[0].parse().unwrap();
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(signer))
        .connect_client(network.chain().client());
    LitContracts::with_wallet(network.context(), provider)
}

#[tokio::test]
async fn the_chain_tells_the_nodes_and_the_threshold() {
    let network = Devnet::builder()
        .with_nodes(10)
        .with_http(0)
        .start()
        .await
        .unwrap();
    let contracts = contracts(&network);
    contracts.verify().await.unwrap();
    let info = contracts.staking().connection_info().await.unwrap();
    let urls: Vec<_> = info.nodes.iter().map(|node| node.url.clone()).collect();
    assert_eq!(urls, network.node_urls());
    assert_eq!(info.threshold, network.threshold());
    assert!(info.unreachable.is_empty());
    assert_eq!(info.epoch.number, 1);
}

#[tokio::test]
async fn gas_costs_what_it_costs_on_the_chain_of_lit() {
    // Programs send 0.005 ether along for 5 million gas and some value.
    let network = Devnet::builder().start().await.unwrap();
    let provider = contracts(&network).provider().clone();
    assert_eq!(provider.get_gas_price().await.unwrap(), 100_000_000);
}

#[tokio::test]
async fn the_threshold_of_the_chain_is_that_of_the_network_for_every_size() {
    for nodes in lit_devnet::MIN_NODES..=12 {
        let network = Devnet::builder().with_nodes(nodes).start().await.unwrap();
        let info = contracts(&network)
            .staking()
            .connection_info()
            .await
            .unwrap();
        assert_eq!(
            (info.nodes.len(), info.threshold),
            (nodes, network.threshold())
        );
    }
}

#[tokio::test]
async fn every_epoch_is_announced() {
    let network = Devnet::builder().start().await.unwrap();
    let contracts = contracts(&network);
    let before = network.chain().block_number();
    network.next_epoch().unwrap();
    network.next_epoch().unwrap();
    let after = network.chain().block_number();
    let states = contracts
        .staking()
        .state_changes(before + 1, after)
        .await
        .unwrap();
    assert_eq!(states.last(), Some(&EpochState::Active));
    assert_eq!(contracts.staking().epoch().await.unwrap().number, 3);
}

#[tokio::test]
async fn the_owner_of_a_pkp_permits_actions() {
    let network = Devnet::builder().start().await.unwrap();
    let contracts = contracts(&network);
    let first = contracts.pkp().mint().await.unwrap();
    let second = contracts.pkp().mint().await.unwrap();
    assert_ne!(first.token_id, second.token_id);
    let owner = contracts.sender();
    assert_eq!(contracts.pkp().owner(first.token_id).await.unwrap(), owner);

    let action: ActionCid = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW"
        .parse()
        .unwrap();
    let permissions = contracts.permissions();
    permissions
        .add_action(first.token_id, &action, Scopes::SIGN_ANYTHING)
        .await
        .unwrap();
    assert_eq!(permissions.actions(first.token_id).await.unwrap(), [action]);
    assert!(
        permissions
            .actions(second.token_id)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_pkp_is_derived_from_the_keys_that_the_nodes_announce() {
    let network = Devnet::builder().with_seed([5; 32]).start().await.unwrap();
    let contracts = contracts(&network);
    let pkp = contracts.pkp().mint().await.unwrap();
    let router = PubkeyRouter::new(
        network.context().contracts().pubkey_router,
        contracts.provider().clone(),
    );
    let routed = router
        .getRoutingData(pkp.token_id.as_u256())
        .call()
        .await
        .unwrap();

    let transport: Arc<dyn NodeTransport> = network.transport();
    let policy = QuorumPolicy::new(network.threshold());
    let found = handshake(&transport, network.node_urls(), 0, &policy)
        .await
        .unwrap();
    let tweak = Secp256k1::hash_to_scalar::<ExpandMsgXmd<Sha256>>(
        &[routed.derivedKeyId.as_slice()],
        &[b"LIT_HD_KEY_ID_K256_XMD:SHA-256_SSWU_RO_NUL_"],
    )
    .unwrap();
    // Horner's scheme, from the last root key to the first.
    let roots = found.keys.hd_root_pubkeys.iter().rev().map(|root| {
        let root = hex::decode(root.trim_start_matches("0x")).unwrap();
        PublicKey::from_sec1_bytes(&root).unwrap().to_projective()
    });
    let sum = roots.fold(ProjectivePoint::IDENTITY, |sum, root| sum * tweak + root);
    let derived = PublicKey::from_affine(sum.to_affine()).unwrap();
    let derived = derived.to_encoded_point(false);
    assert_eq!(routed.pubkey[..], *derived.as_bytes());
    assert_eq!(
        pkp.public_key.to_string(),
        format!("0x{}", hex::encode(derived.as_bytes()))
    );
}

#[tokio::test]
async fn concurrent_mints_from_one_account_lose_no_nonce() {
    let network = Devnet::builder().start().await.unwrap();
    let other = Devnet::builder().start().await.unwrap();
    let contracts = contracts(&network);
    let mints = (0..20).map(|_| async { contracts.pkp().mint().await.unwrap().token_id });
    let tokens: BTreeSet<_> = futures_util::future::join_all(mints)
        .await
        .into_iter()
        .collect();
    assert_eq!(tokens.len(), 20);
    let owner = contracts.sender().unwrap();
    assert_eq!(contracts.pkp().count_owned(owner).await.unwrap(), 20);
    // The network beside it, of the same seed, has seen nothing of this.
    assert_eq!(
        self::contracts(&other)
            .pkp()
            .count_owned(owner)
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn the_same_seed_gives_the_same_chain() {
    let mut keys = Vec::new();
    for seed in [[1; 32], [1; 32], [2; 32]] {
        let network = Devnet::builder().with_seed(seed).start().await.unwrap();
        let pkp = contracts(&network).pkp().mint().await.unwrap();
        let chain = network.chain();
        let block = chain.block_hash(chain.block_number());
        keys.push((
            network.funded_keys().to_vec(),
            pkp.public_key.to_string(),
            block,
        ));
    }
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0].0, keys[2].0);
    assert_ne!(keys[0].1, keys[2].1);
    assert_ne!(keys[0].2, keys[2].2);
}
