//! What an application does on a network it reaches by its ports alone: the relayer, the chain, epochs, the block indexer.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use alloy_network::EthereumWallet;
use alloy_primitives::{Address, B256};
use alloy_provider::{Provider, ProviderBuilder, WalletProvider};
use alloy_signer_local::PrivateKeySigner;
use common::followed::Followed;
use lit_devnet::Devnet;
use lit_sdk::{
    AuthMethod, Error, LitNodeClient, NodeList,
    calls::ClaimKeyId,
    contracts::{
        ActionCid, ChainDiscovery, ContractError, CreditExpiry, LitContracts, RequestRate,
        RevertKind, RpcTransport, Scopes,
    },
    login::EthWalletProvider,
    services::{
        BlockhashSource, LitRelay, MintRequest, MintStatus, PayerSecretKey, RelayAuthMethod,
        RelayError,
    },
    transport::HttpTransport,
    types::{
        Clock, CompactJson,
        constants::{AuthMethodScope, AuthMethodType},
    },
};
use tokio::net::TcpListener;

const WALLET: &str = r#"{"sig":"","derivedVia":"","signedMessage":"","address":"0x360856A3573d7321C9d23d0b50939a244cC5Ee78"}"#;

async fn network() -> Devnet {
    Devnet::builder().with_http(0).start().await.unwrap()
}

fn relay(network: &Devnet) -> LitRelay {
    LitRelay::new(network.relay_url().unwrap(), network.relay_api_key()).unwrap()
}

/// The chain over HTTP, with the wallet of a number.
fn contracts(
    network: &Devnet,
    wallet: usize,
) -> LitContracts<impl Provider + WalletProvider + Clone + 'static> {
    let url = network.rpc_url().unwrap();
    LitContracts::with_wallet(network.context(), provider(network, wallet, url))
}

fn provider(
    network: &Devnet,
    wallet: usize,
    url: &str,
) -> impl Provider + WalletProvider + Clone + 'static {
    let signer: PrivateKeySigner = network.funded_keys()[wallet].parse().unwrap();
    let rpc = RpcTransport::new(Arc::new(HttpTransport::new()), url.parse().unwrap());
    let client = rpc.client();
    client.set_poll_interval(Duration::from_millis(5));
    ProviderBuilder::new()
        .wallet(EthereumWallet::from(signer))
        .connect_client(client)
}

#[tokio::test]
async fn a_relayer_mints_for_auth_methods() {
    let network = network().await;
    let relay = relay(&network);
    let wallet = AuthMethod::new(AuthMethodType::EthWallet, WALLET);
    let request = MintRequest::for_auth_method(&wallet)
        .owned_by_pkp()
        .with_scopes([AuthMethodScope::PersonalSign]);
    let pkp = relay.mint(&request).await.unwrap();
    let contracts = contracts(&network, 0);
    let key = contracts.pkp().public_key(pkp.token_id).await.unwrap();
    assert_eq!(key, Some(pkp.public_key().unwrap()));
    let owner = contracts.pkp().owner(pkp.token_id).await.unwrap();
    assert_eq!(owner, Some(pkp.eth_address));
    let permitted = contracts
        .permissions()
        .auth_methods(pkp.token_id)
        .await
        .unwrap();
    let expected = RelayAuthMethod::try_from(&wallet).unwrap();
    assert!(permitted.iter().any(|method| method.id() == expected.id()));

    assert_eq!(relay.fetch_pkps(&wallet).await.unwrap(), [pkp]);
    let discord = RelayAuthMethod::new(AuthMethodType::Discord, [7; 32]);
    assert_eq!(relay.fetch_pkps_by_id(&discord).await.unwrap(), []);

    let request = || MintRequest::for_method_ids([discord.clone()]);
    let id = relay.start_mint(&request().owned_by_relayer()).await;
    let MintStatus::Succeeded(of_relayer) = relay.status(&id.unwrap()).await.unwrap() else {
        panic!("it was mined before the relayer answered");
    };
    let owner = contracts.pkp().owner(of_relayer.token_id).await.unwrap();
    assert_ne!(owner, Some(of_relayer.eth_address));
    let somebody = Address::repeat_byte(7);
    let given = relay.mint(&request().owned_by(somebody)).await.unwrap();
    let owner = contracts.pkp().owner(given.token_id).await.unwrap();
    assert_eq!(owner, Some(somebody));
}

/// From a login to a PKP of its own, without a wallet with money.
#[tokio::test]
async fn a_relayer_mints_the_key_that_a_login_claimed() {
    let network = network().await;
    let client = LitNodeClient::builder(&NodeList::from_urls(
        network.node_urls().to_vec(),
        network.threshold(),
    ))
    .with_clock(network.clock())
    .connect()
    .await
    .unwrap();
    let wallet = lit_test_fakes::wallet();
    let login = EthWalletProvider::authenticate(&client, &wallet).await;
    let login = login.unwrap();
    let claimed = client.claim_key_id(&ClaimKeyId::new(login.clone())).await;
    let claimed = claimed.unwrap();
    let key = client.derived_public_key(&claimed.derived_key_id).unwrap();

    let relay = relay(&network);
    let id = relay.claim_key(&claimed, &login, &key).await.unwrap();
    let pkp = relay.wait_for_mint(&id).await.unwrap();
    assert_eq!(pkp.public_key().unwrap(), key);
    let owner = contracts(&network, 0).pkp().owner(pkp.token_id).await;
    assert_eq!(owner.unwrap(), Some(pkp.eth_address));

    // Nobody could log in with what is claimed for a credential.
    let passkey = AuthMethod::new(AuthMethodType::WebAuthn, "{}");
    let refused = relay.claim_key(&claimed, &passkey, &key).await;
    assert_eq!(refused, Err(RelayError::PublicKey { index: 0 }));
    let asked = network.requests().len();
    let refused = client.claim_key_id(&ClaimKeyId::new(passkey)).await;
    assert!(matches!(refused, Err(Error::WebAuthnClaim)), "{refused:?}");
    assert_eq!(network.requests().len(), asked);
}

#[tokio::test]
async fn what_a_relayer_refuses_is_typed() {
    let network = network().await;
    let relay = relay(&network);
    let body = CompactJson::parse(r#"{"keyType":2}"#).unwrap();
    let error = relay.start_mint_raw(&body).await.unwrap_err();
    assert!(
        matches!(error, RelayError::Refused { status: 400, .. }) && !error.is_retryable(),
        "{error}"
    );
    let nothing = format!("0x{}", "11".repeat(32)).parse().unwrap();
    assert_eq!(
        relay.status(&nothing).await.unwrap(),
        MintStatus::InProgress
    );
    let without_key = LitRelay::new(network.relay_url().unwrap(), "");
    let error = without_key.unwrap().register_payer().await.unwrap_err();
    assert!(error.to_string().contains("API key"), "{error}");
}

#[tokio::test]
async fn a_payer_of_the_relayer_pays_for_users() {
    let network = network().await;
    let relay = relay(&network);
    let payer = relay.register_payer().await.unwrap();
    let users = [Address::repeat_byte(1), Address::repeat_byte(2)];
    relay.add_users(&payer.secret_key, &users).await.unwrap();
    let contracts = contracts(&network, 0);
    let paid = contracts
        .payments()
        .users(payer.wallet_address)
        .await
        .unwrap();
    assert_eq!(paid, users);
    let credits = contracts
        .credits()
        .owned_by(payer.wallet_address)
        .await
        .unwrap();
    assert_eq!(credits.len(), 1);
    assert_eq!(credits[0].requests_per_kilosecond, 150);

    let forged = PayerSecretKey::new("guessed").unwrap();
    let error = relay.add_users(&forged, &users).await.unwrap_err();
    assert!(
        matches!(error, RelayError::Refused { status: 500, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn concurrent_mints_lose_nothing() {
    const MINTS: usize = 20;
    let network = network().await;
    let relay = relay(&network);
    let method = RelayAuthMethod::new(AuthMethodType::GoogleJwt, [9; 32]);
    let request = MintRequest::for_method_ids([method.clone()]).owned_by_pkp();
    let contracts = contracts(&network, 0);
    let owner = contracts.sender().unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..MINTS {
        let (relay, request, contracts) = (relay.clone(), request.clone(), contracts.clone());
        tasks.spawn(async move {
            let id = relay.start_mint(&request).await.unwrap();
            let own = contracts.pkp().mint().await.unwrap();
            [
                relay.wait_for_mint(&id).await.unwrap().token_id,
                own.token_id,
            ]
        });
    }
    let minted: BTreeSet<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(minted.len(), 2 * MINTS);
    assert_eq!(relay.fetch_pkps_by_id(&method).await.unwrap().len(), MINTS);
    assert_eq!(
        contracts.pkp().count_owned(owner).await.unwrap(),
        MINTS as u64
    );
    let nonce = contracts.provider().get_transaction_count(owner).await;
    assert_eq!(nonce.unwrap(), MINTS as u64);
}

#[tokio::test]
async fn any_alloy_provider_writes_and_reads_back() {
    let network = network().await;
    let (owner, other) = (contracts(&network, 0), contracts(&network, 1));
    let pkp = owner.pkp().mint().await.unwrap();
    let action: ActionCid = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW"
        .parse()
        .unwrap();
    let permissions = owner.permissions();
    permissions
        .add_action(pkp.token_id, &action, Scopes::SIGN_ANYTHING)
        .await
        .unwrap();
    let refused = other
        .permissions()
        .add_action(pkp.token_id, &action, Scopes::SIGN_ANYTHING)
        .await
        .unwrap_err();
    assert_eq!(refused.revert_kind(), Some(RevertKind::NotPkpOwner));

    let now = network.clock().now();
    let rate = RequestRate::per_day(864.0).unwrap();
    let expiry = CreditExpiry::midnight_after_days(now, 2).unwrap();
    let credit = owner.credits().mint(rate, expiry).await.unwrap();

    let read = other.permissions().actions(pkp.token_id).await.unwrap();
    assert_eq!(read, [action]);
    let credits = other
        .credits()
        .owned_by(owner.sender().unwrap())
        .await
        .unwrap();
    assert_eq!((credits.len(), credits[0].id), (1, credit.id));
    assert_eq!(credits[0].requests_per_kilosecond, 10);

    // Anybody may remove credits that have expired, and no others.
    let holder = owner.sender().unwrap();
    other.credits().prune(holder).await.unwrap();
    assert_eq!(other.credits().owned_by(holder).await.unwrap().len(), 1);
    network.clock().advance(Duration::from_secs(3 * 24 * 3600));
    other.credits().prune(holder).await.unwrap();
    assert!(other.credits().owned_by(holder).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_dropped_connection_to_the_chain_can_be_tried_again() {
    let network = network().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // Takes every connection, and drops it when it has a request.
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            stream.readable().await.unwrap();
        }
    });
    let contracts = LitContracts::with_wallet(network.context(), provider(&network, 0, &url));
    for error in [
        contracts
            .staking()
            .connection_info()
            .await
            .map(drop)
            .unwrap_err(),
        contracts.verify().await.unwrap_err(),
        contracts.pkp().mint().await.map(drop).unwrap_err(),
    ] {
        assert!(
            matches!(error, ContractError::Rpc { .. }) && error.is_retryable(),
            "{error}"
        );
    }
    let client = LitNodeClient::builder(&LitContracts::new(
        network.context(),
        contracts.provider().clone(),
    ));
    let error = client.connect().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

#[tokio::test]
async fn a_connected_client_sees_the_next_epoch() {
    let network = Devnet::builder()
        .with_epoch_length(Duration::from_secs(60))
        .with_http(0)
        .start()
        .await
        .unwrap();
    let discovery =
        ChainDiscovery::new(contracts(&network, 0)).with_poll_interval(Duration::from_millis(5));
    let followed = Followed::new(discovery);
    let client = LitNodeClient::builder(&followed)
        .with_clock(network.clock())
        .connect()
        .await
        .unwrap();
    assert_eq!((client.nodes().len(), client.epoch()), (3, 1));
    network.next_epoch().unwrap();
    followed.epoch(&client, 2).await;
}

#[tokio::test]
async fn the_block_indexer_gives_what_nodes_give() {
    let network = network().await;
    network.clock().stop_at(network.clock().now());
    let http = Arc::new(HttpTransport::new());
    let source = BlockhashSource::new(http, network.blockhash_url().unwrap())
        .unwrap()
        .with_clock(network.clock());
    let client = LitNodeClient::connect(&NodeList::from_urls(
        network.node_urls().to_vec(),
        network.threshold(),
    ))
    .await
    .unwrap();
    let latest = source.latest().await.unwrap();
    assert_eq!(latest.hash.to_string(), client.latest_blockhash());
    network.clock().advance(Duration::from_secs(31));
    let newer = source.latest().await.unwrap();
    assert_ne!(newer.hash, latest.hash);
    assert_ne!(newer.hash, B256::ZERO);
    assert!(newer.is_fresh(network.clock().now()));
}
