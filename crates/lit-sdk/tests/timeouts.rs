//! Time limits, on a clock that does not wait.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{future::pending, sync::Arc, time::Duration};

use alloy_provider::ProviderBuilder;
use async_trait::async_trait;
use common::{HELLO, Setup, any_action, owned::Owned};
use lit_devnet::{Devnet, Fault};
use lit_sdk::{
    AuthMethod, AuthRequest, AuthSig, Error, ExecuteJs, LitNodeClient, NodeList, NodeUrl, PkpLogin,
    PkpSign, SessionRequest, TimedStep, WalletAuth, authorizer_fn,
    calls::ClaimKeyId,
    contracts::{LitContracts, NetworkContext, RpcTransport},
    services::BlockhashSource,
    transport::{
        Discovery, DiscoveryError, Epoch, HttpClient, NetworkView, NodeTransport, Outcome,
        QuorumError, QuorumFailure, TransportError,
    },
    types::{
        SdkErrorCode,
        access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition},
        constants::AuthMethodType,
    },
};
use lit_test_fakes::{FakeHttp, FakeNodes, Reply, greeting, node_urls};
use tokio::time::{Instant, pause};

const LIMIT: Duration = Duration::from_secs(5);

/// Finds the nodes after a while.
struct Slow {
    nodes: Vec<NodeUrl>,
    after: Option<Duration>,
}

#[async_trait]
impl Discovery for Slow {
    async fn network_view(&self) -> Result<NetworkView, DiscoveryError> {
        match self.after {
            Some(after) => tokio::time::sleep(after).await,
            None => pending().await,
        }
        Ok(NetworkView {
            nodes: self.nodes.clone(),
            threshold: 2,
            epoch: Epoch::default(),
        })
    }
}

fn nodes(reply: &Reply) -> Arc<dyn NodeTransport> {
    Arc::new(FakeNodes::each([
        reply.clone(),
        reply.clone(),
        reply.clone(),
    ]))
}

async fn connect(after: Option<Duration>, reply: &Reply) -> Error {
    let nodes_found = node_urls(3);
    let network = Arc::new(Slow {
        nodes: nodes_found,
        after,
    });
    LitNodeClient::builder(&network)
        .with_transport(nodes(reply))
        .with_connect_timeout(LIMIT)
        .connect()
        .await
        .unwrap_err()
}

/// Whole seconds since then: timers of tokio round up to the next millisecond.
fn seconds(start: Instant) -> u64 {
    start.elapsed().as_secs()
}

/// The report in an error, after it was checked to be that of a time limit.
fn report(error: &Error) -> &QuorumError {
    assert!(error.is_timeout() && error.is_retryable(), "{error}");
    match error {
        Error::Connect(report) | Error::Nodes(report) => report,
        other => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_connecting_covers_discovery() {
    let start = Instant::now();
    let error = connect(None, &Reply::never()).await;
    assert_eq!(seconds(start), 5);
    assert!(error.is_timeout() && error.is_retryable());
    assert_eq!(error.sdk_code(), Some(SdkErrorCode::InitError));
    assert_eq!(
        error.to_string(),
        "timed out after 5000 ms while finding the nodes"
    );

    // Handshakes have what discovery leaves of it.
    let start = Instant::now();
    let error = connect(Some(LIMIT / 2), &Reply::never()).await;
    assert_eq!(seconds(start), 5);
    assert!(matches!(error, Error::Connect(_)), "{error}");
    let report = report(&error);
    assert_eq!(report.failure, QuorumFailure::DeadlineExceeded { valid: 0 });
    for node in &report.outcomes {
        assert!(matches!(node.outcome, Outcome::Pending), "{}", node.outcome);
        assert_eq!(node.elapsed.as_millis(), 2500);
    }
}

/// The RPC has a limit of its own for each request, 30 s.
#[tokio::test(start_paused = true)]
async fn the_limit_of_connecting_covers_a_silent_rpc() {
    let http: Arc<dyn HttpClient> = FakeHttp::in_order([Reply::never()]);
    let rpc = RpcTransport::new(http, "http://127.0.0.1:8545".parse().unwrap());
    let provider = ProviderBuilder::new().connect_client(rpc.client());
    let context = NetworkContext::custom(175_188, "http://127.0.0.1:8545");
    let contracts = LitContracts::new(context, provider);
    let start = Instant::now();
    let error = LitNodeClient::builder(&contracts)
        .with_transport(nodes(&Reply::never()))
        .with_connect_timeout(LIMIT)
        .connect()
        .await
        .unwrap_err();
    assert_eq!(seconds(start), 5);
    let Error::Timeout { step, timeout } = error else {
        panic!("{error}")
    };
    assert_eq!((step, timeout), (TimedStep::Discovery, LIMIT));
}

/// Nodes end a request after 60 s, and a Lit Action after 30 s.
#[tokio::test(start_paused = true)]
async fn nodes_have_time_to_say_that_an_action_took_too_long() {
    let setup = Setup::new(3).await;
    let session = (setup.client.session(&any_action(), &setup.auth())).await;
    let session = session.unwrap();
    let body = r#"{"errorKind":"Timeout","errorCode":"NodeJsTimeoutError","status":502,
        "message":"timeout error: Your function exceeded the maximum runtime of 30000ms and was terminated."}"#;
    let too_long = Reply::status(502, body);
    for (reply, code, took) in [
        (
            too_long.clone().after(Duration::from_secs(31)),
            Some("NodeJsTimeoutError"),
            31,
        ),
        (
            too_long.after(Duration::from_secs(60)),
            Some("NodeJsTimeoutError"),
            60,
        ),
        (Reply::never(), None, 65),
    ] {
        let greeting = greeting(&"a".repeat(96), &format!("0x{}", "1".repeat(64)));
        let fakes = FakeNodes::by(move |_| reply.clone()).greeting(greeting);
        let client = setup.builder().with_transport(Arc::new(fakes));
        let client = client.connect().await.unwrap();
        let start = Instant::now();
        let call = ExecuteJs::code("while (true) {}");
        let error = client.execute_js(&session, &call).await.unwrap_err();
        assert_eq!(error.node_error_code(), code);
        assert_eq!(seconds(start), took);
        let Error::Nodes(nodes) = error else {
            panic!("{error}")
        };
        for node in &nodes.outcomes {
            match (&node.outcome, code) {
                (Outcome::Refused { status: 502, .. }, Some(_)) => {}
                (Outcome::Failed(TransportError::Timeout(limit)), None) => {
                    assert_eq!(*limit, Duration::from_secs(65));
                }
                (other, _) => panic!("{other}"),
            }
        }
    }
}

/// Every call to nodes ends at the limit, and reports what became of each node.
#[tokio::test]
async fn calls_end_at_their_limit_with_a_report() {
    let owned = Owned::on(3).await;
    let (pkp, session) = (owned.pkp, owned.session().await);
    let owner = owned.owner.address().to_string();
    let condition = EvmBasicCondition::wallet_is("ethereum", &owner);
    let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(condition));
    let encrypted = owned.client.encrypt_text("secret", &conditions);
    let encrypted = encrypted.await.unwrap();
    let request = SessionRequest::to_decrypt(&encrypted);
    let wallet = WalletAuth::new(owned.owner.clone());
    let reader = owned.client.session(&request, &wallet).await.unwrap();
    let method = AuthMethod::new(AuthMethodType::Discord, "token");
    let login = PkpLogin::new(pkp).with_auth_method(method.clone());

    owned.network.node(1).fail(Fault::Hang);
    owned.network.node(2).fail(Fault::Hang);
    pause();
    let client = owned.client.clone().with_timeout(LIMIT);
    let hello = &ExecuteJs::code(HELLO).with_param("name", "you");
    let sign = PkpSign::message(pkp, "hello");
    let claim = ClaimKeyId::new(method);
    let any = any_action();
    for call in ["execute", "sign", "decrypt", "claim", "login"] {
        let start = Instant::now();
        let error = match call {
            "execute" => client.execute_js(&session, hello).await.err(),
            "sign" => client.pkp_sign(&session, &sign).await.err(),
            "decrypt" => client.decrypt(&reader, &encrypted).await.err(),
            "claim" => client.claim_key_id(&claim).await.err(),
            _ => client.session(&any, &login).await.err(),
        };
        let error = error.unwrap();
        assert_eq!(seconds(start), 5, "{call}: {error}");
        let report = report(&error);
        for hanging in &report.outcomes[1..] {
            assert!(matches!(hanging.outcome, Outcome::Pending), "{call}");
        }
    }
    // Another clone has no limit but that of the nodes.
    let start = Instant::now();
    let error = owned.client.execute_js(&session, hello).await.unwrap_err();
    assert!(!error.is_timeout() && error.is_retryable());
    assert_eq!(seconds(start), 65);
}

/// A client that does not know the epoch asks once more if shares do not combine, but not when the time is over.
#[tokio::test]
async fn nothing_is_asked_again_at_the_limit() {
    let owned = Owned::on(4).await;
    let owner = owned.owner.address().to_string();
    let condition = EvmBasicCondition::wallet_is("ethereum", &owner);
    let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(condition));
    let nodes = NodeList::from_urls(owned.network.node_urls().to_vec(), 2);
    let client = LitNodeClient::builder(&nodes)
        .with_transport(owned.network.transport())
        .with_clock(owned.network.clock())
        .with_timeout(LIMIT);
    let client = client.connect().await.unwrap();
    let encrypted = client.encrypt_text("secret", &conditions).await.unwrap();
    let request = SessionRequest::to_decrypt(&encrypted);
    let wallet = WalletAuth::new(owned.owner.clone());
    let reader = client.session(&request, &wallet).await.unwrap();

    owned.network.node(1).fail(Fault::CorruptShare);
    owned.network.node(2).fail(Fault::Hang);
    owned.network.node(3).fail(Fault::Hang);
    pause();
    let start = Instant::now();
    let error = client.decrypt(&reader, &encrypted).await.unwrap_err();
    assert_eq!(seconds(start), 5);
    let Error::Shares(report) = error else {
        panic!("{error}")
    };
    assert!(
        matches!(report.outcomes[0].outcome, Outcome::Valid),
        "{report}"
    );
}

#[tokio::test]
async fn a_session_ends_at_its_limit_whoever_is_waited_for() {
    let setup = Setup::new(3).await;
    pause();
    let silent = authorizer_fn(|_: AuthRequest| pending::<Result<AuthSig, _>>());
    let client = setup.client.clone().with_timeout(LIMIT);
    let start = Instant::now();
    let error = client.session(&any_action(), &silent).await.unwrap_err();
    assert_eq!(seconds(start), 5);
    assert_eq!(
        error.to_string(),
        "timed out after 5000 ms while waiting for the authorizer"
    );
    assert!(error.is_timeout() && error.is_retryable());

    let http = FakeHttp::in_order([Reply::never()]);
    let source = BlockhashSource::new(http, "http://127.0.0.1:1").unwrap();
    let source = source.with_timeout(Duration::from_secs(60));
    let client = (setup.builder())
        .with_blockhash_source(Arc::new(source))
        .with_timeout(LIMIT);
    let client = client.connect().await.unwrap();
    setup.network.clock().advance(Duration::from_secs(60));
    let start = Instant::now();
    let error = client.session(&any_action(), &setup.auth()).await;
    let error = error.unwrap_err();
    assert_eq!(seconds(start), 5);
    let Error::Timeout { step, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(step, TimedStep::Blockhash);
}

/// A wallet may take the time that a user needs.
#[tokio::test]
async fn without_a_limit_nothing_ends_an_authorizer() {
    let network = Devnet::start(3).await.unwrap();
    let client = LitNodeClient::connect(&network).await.unwrap();
    pause();
    let silent = authorizer_fn(|_: AuthRequest| pending::<Result<AuthSig, _>>());
    let request = any_action();
    let session = client.session(&request, &silent);
    let waited = tokio::time::timeout(Duration::from_secs(3600), session).await;
    assert!(waited.is_err());
}
