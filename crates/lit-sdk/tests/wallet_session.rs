//! Wallet sessions on an embedded network, from connecting to what the nodes refuse.

mod common;

use std::{sync::Arc, time::Duration};

use alloy_signer_local::PrivateKeySigner;
use common::{HELLO, Setup, any_action};
use lit_devnet::{Devnet, Fault};
use lit_sdk::{
    AuthNeeded, AuthNeededError, AuthRequest, Clock, Error, ExecuteJs, LitNodeClient, LitResource,
    NodeUrl, ResourceAbilityRequest, SessionKeyPair, SessionRequest, SessionSigs, Timestamp,
    WalletAuth, auth_fn,
    recap::SiweBuilder,
    session_crypto::{Operation, RootRefusal, sign_siwe, verify_session_sig},
    types::NodeErrorCode,
};

#[tokio::test]
async fn a_wallet_session_runs_an_action_on_every_node() {
    let setup = Setup::new(10).await;
    let sigs = setup
        .client
        .get_session_sigs(&any_action(), &setup.auth())
        .await
        .unwrap();
    assert_eq!(sigs.len(), 10);

    let now = setup.network.clock().now();
    for (node, sig) in sigs.iter() {
        let verified = verify_session_sig(sig, node, &Operation::execute("QmAny"), now).unwrap();
        assert_eq!(verified.address, setup.wallet.address());
    }

    let call = ExecuteJs::code(HELLO)
        .with_js_param("name", "Lit")
        .wait_for_all();
    let answer = setup.client.execute_js(&sigs, &call).await.unwrap();
    assert_eq!(answer.response, "hello Lit");
    assert_eq!(answer.logs, "greeting Lit\n");
    assert_eq!(answer.answers.len(), 10);

    // The action sees who asked.
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: Lit.Auth.authSigAddress })");
    let answer = setup.client.execute_js(&sigs, &call).await.unwrap();
    assert_eq!(answer.response, setup.wallet.address().to_string());
}

#[cfg(feature = "http")]
#[tokio::test]
async fn the_same_over_http() {
    let network = Devnet::builder().nodes(4).http(0).start().await.unwrap();
    let client = LitNodeClient::builder(network.node_urls().to_vec(), network.threshold())
        .connect()
        .await
        .unwrap();
    let session = client
        .get_session(&any_action(), &WalletAuth::new(PrivateKeySigner::random()))
        .await
        .unwrap();
    let call = ExecuteJs::code(HELLO)
        .with_js_param("name", "HTTP")
        .wait_for_all();
    let answer = client.execute_js(&session, &call).await.unwrap();
    assert_eq!(
        (answer.response.as_str(), answer.answers.len()),
        ("hello HTTP", 4)
    );

    // One request id for the whole operation, another for the next.
    let ids = |path: &str| -> Vec<_> {
        let requests = network
            .requests()
            .into_iter()
            .filter(|request| request.path.contains(path));
        let mut ids: Vec<_> = requests.filter_map(|request| request.request_id).collect();
        ids.sort();
        ids.dedup();
        ids
    };
    assert_eq!((ids("handshake").len(), ids("execute").len()), (1, 1));
    assert_ne!(ids("handshake"), ids("execute"));

    // Dropping the network closes its ports.
    let url = client.nodes()[0].clone();
    drop(network);
    tokio::task::yield_now().await;
    let again = LitNodeClient::builder([url], 1)
        .connect()
        .await
        .unwrap_err();
    assert!(matches!(&again, Error::Connect(_)), "{again}");
    assert!(again.is_retryable());
}

#[tokio::test]
async fn an_action_by_its_cid() {
    let setup = Setup::new(3).await;
    let cid = setup.network.put_ipfs(HELLO);
    let only_this = SessionRequest::new([ResourceAbilityRequest::lit_action_execution(
        LitResource::lit_action(&cid).unwrap(),
    )
    .unwrap()]);
    let session = setup
        .client
        .get_session(&only_this, &setup.auth())
        .await
        .unwrap();
    let call = ExecuteJs::ipfs_id(&cid).with_js_param("name", "CID");
    assert_eq!(
        setup
            .client
            .execute_js(&session, &call)
            .await
            .unwrap()
            .response,
        "hello CID"
    );
    // The same code inline has the same CID, other code has not.
    let call = ExecuteJs::code(HELLO).with_js_param("name", "code");
    assert_eq!(
        setup
            .client
            .execute_js(&session, &call)
            .await
            .unwrap()
            .response,
        "hello code"
    );
    let refused = setup
        .client
        .execute_js(&session, &ExecuteJs::code("1"))
        .await
        .unwrap_err();
    assert_eq!(
        refused.node_error_code(),
        Some("NodeResourceIdNotFound"),
        "{refused}"
    );
    let unknown = setup
        .client
        .execute_js(&session, &ExecuteJs::ipfs_id("QmNowhere"))
        .await
        .unwrap_err();
    assert_eq!(
        unknown.node_error_code(),
        Some("NodeInvalidIPFSID"),
        "{unknown}"
    );
}

#[tokio::test]
async fn faults_below_the_threshold_do_not_matter() {
    let setup = Setup::new(10).await;
    setup.network.set_fault(0, Fault::Stopped).unwrap();
    setup
        .network
        .set_fault(4, Fault::Error(NodeErrorCode::NodeSystemFault))
        .unwrap();
    setup
        .network
        .set_fault(5, Fault::Delay(Duration::from_secs(3600)))
        .unwrap();
    setup
        .network
        .set_fault(9, Fault::Delay(Duration::from_secs(3600)))
        .unwrap();

    let client = setup.connect().await.unwrap();
    assert_eq!(client.connected_nodes().len(), 6);
    assert_eq!(client.nodes().len(), 10);
    let session = client
        .get_session(&any_action(), &setup.auth())
        .await
        .unwrap();
    let call = ExecuteJs::code(HELLO).with_js_param("name", "rest");
    let answer = client.execute_js(&session, &call).await.unwrap();
    assert_eq!(
        (answer.response.as_str(), answer.answers.len()),
        ("hello rest", 6)
    );

    // One more is too many, and the report says what became of every node.
    setup
        .network
        .set_fault(1, Fault::Error(NodeErrorCode::NodeRpcError))
        .unwrap();
    setup.network.set_fault(5, Fault::Stopped).unwrap();
    setup.network.set_fault(9, Fault::Stopped).unwrap();
    let error = client.execute_js(&session, &call).await.unwrap_err();
    let report = error.to_string();
    for node in client.nodes() {
        assert!(report.contains(node.as_str()), "{report}");
    }
    assert!(
        report.contains("502 NodeRpcError") && report.contains("connection refused"),
        "{report}"
    );
    assert!(
        report.contains("5 of 10 nodes gave a valid answer, 6 are needed"),
        "{report}"
    );
    assert!(error.is_retryable());

    setup.network.clear_fault(9).unwrap();
    assert!(client.execute_js(&session, &call).await.is_ok());
}

#[tokio::test]
async fn late_nodes_join() {
    let setup = Setup::new(3).await;
    // Virtual time: nothing here waits.
    tokio::time::pause();
    setup
        .network
        .set_fault(2, Fault::Delay(Duration::from_secs(5)))
        .unwrap();
    let client = setup.connect().await.unwrap();
    assert_eq!(client.connected_nodes(), client.nodes()[..2]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(client.connected_nodes(), client.nodes());
}

#[cfg(feature = "http")]
#[tokio::test]
async fn too_few_nodes_or_another_network_do_not_connect() {
    let setup = Setup::new(4).await;
    for node in 0..3 {
        setup.network.set_fault(node, Fault::Stopped).unwrap();
    }
    let error = setup.connect().await.unwrap_err();
    assert!(
        matches!(&error, Error::Connect(_)) && error.is_retryable(),
        "{error}"
    );

    // Two of one network and two of another: each has other keys.
    let one = Devnet::builder()
        .nodes(4)
        .seed([1; 32])
        .http(0)
        .start()
        .await
        .unwrap();
    let other = Devnet::builder()
        .nodes(4)
        .seed([2; 32])
        .http(0)
        .start()
        .await
        .unwrap();
    let nodes: Vec<NodeUrl> = one.node_urls()[..2]
        .iter()
        .chain(&other.node_urls()[..2])
        .cloned()
        .collect();
    let error = LitNodeClient::builder(nodes.clone(), 3)
        .connect()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("do not agree"), "{error}");
    assert!(!error.is_retryable());
    assert!(
        LitNodeClient::builder(nodes.clone(), 2)
            .connect()
            .await
            .is_ok()
    );

    for (nodes, threshold) in [
        (vec![], 0),
        (vec![], 1),
        (nodes.clone(), 0),
        (nodes.clone(), 5),
    ] {
        let error = LitNodeClient::builder(nodes, threshold)
            .connect()
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Config(_)), "{error}");
    }
    let twice = [nodes[0].clone(), nodes[0].clone()];
    assert!(matches!(
        LitNodeClient::builder(twice, 2).connect().await,
        Err(Error::Config(_))
    ));
}

#[tokio::test]
async fn networks_that_need_attestation_are_refused() {
    let setup = Setup::new(3).await;
    let error = setup
        .builder()
        .network(lit_sdk::LitNetwork::Datil)
        .connect()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::AttestationRequired(_)), "{error}");
}

#[tokio::test]
async fn a_session_ends() {
    let setup = Setup::new(3).await;
    let session = setup
        .client
        .get_session(&any_action(), &setup.auth())
        .await
        .unwrap();
    let sigs = setup.client.session_sigs(&session).unwrap();
    let call = ExecuteJs::code(HELLO).with_js_param("name", "now");
    setup
        .network
        .clock()
        .advance(Duration::from_secs(24 * 3600 - 10));
    assert!(setup.client.execute_js(&session, &call).await.is_ok());

    setup.network.clock().advance(Duration::from_secs(20));
    assert!(matches!(
        setup.client.execute_js(&session, &call).await,
        Err(Error::Session(_))
    ));
    assert!(matches!(
        setup.client.execute_js(&sigs, &call).await,
        Err(Error::SessionSigs(_))
    ));

    // A client whose clock is behind does not notice. The session signature has a minute of grace, the root has none.
    let behind = setup
        .builder()
        .clock(Arc::new(lit_sdk::SystemClock))
        .connect()
        .await
        .unwrap();
    let error = behind.execute_js(&session, &call).await.unwrap_err();
    assert_eq!(
        error.node_error_code(),
        Some("NodeSIWECapabilityInvalid"),
        "{error}"
    );
    setup.network.clock().advance(Duration::from_secs(60));
    let error = behind.execute_js(&session, &call).await.unwrap_err();
    assert_eq!(
        error.node_error_code(),
        Some("NodeExpWrongOrTooLarge"),
        "{error}"
    );
}

#[tokio::test]
async fn nodes_refuse_what_the_session_does_not_allow() {
    let setup = Setup::new(3).await;
    let pkps =
        SessionRequest::new([ResourceAbilityRequest::pkp_signing(LitResource::any_pkp()).unwrap()]);
    let session = setup
        .client
        .get_session(&pkps, &setup.auth())
        .await
        .unwrap();
    let call = ExecuteJs::code(HELLO);
    let error = setup.client.execute_js(&session, &call).await.unwrap_err();
    assert_eq!(
        error.node_error_code(),
        Some("NodeResourceIdNotFound"),
        "{error}"
    );

    // Signatures for the nodes of one network are of no use at another, as each names its node.
    let sigs = setup
        .client
        .get_session_sigs(&any_action(), &setup.auth())
        .await
        .unwrap();
    let moved = sigs
        .iter()
        .map(|(node, _)| node.clone())
        .zip(sigs.iter().map(|(_, sig)| sig.clone()).rev());
    let moved: SessionSigs = moved.collect();
    let error = setup.client.execute_js(&moved, &call).await.unwrap_err();
    // Of three nodes, the middle one has kept its own.
    assert_eq!(
        error.node_error_code(),
        Some("NodeNotAuthorized"),
        "{error}"
    );
    let some: SessionSigs = sigs
        .iter()
        .take(1)
        .map(|(node, sig)| (node.clone(), sig.clone()))
        .collect();
    assert!(matches!(
        setup.client.execute_js(&some, &call).await,
        Err(Error::MissingNode(_))
    ));
}

#[tokio::test]
async fn an_action_that_fails_says_why() {
    let setup = Setup::new(3).await;
    let session = setup
        .client
        .get_session(&any_action(), &setup.auth())
        .await
        .unwrap();
    let call =
        ExecuteJs::code("(async () => { console.log('before'); throw new Error('boom') })()");
    match setup.client.execute_js(&session, &call).await.unwrap_err() {
        Error::Action { error, logs, .. } => {
            assert!(error.contains("boom"), "{error}");
            assert_eq!(logs, "before\n");
        }
        other => panic!("{other}"),
    }
    // Nodes that answer differently do not agree.
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: String(Math.random()) })");
    let error = setup.client.execute_js(&session, &call).await.unwrap_err();
    assert!(error.to_string().contains("do not agree"), "{error}");
}

#[tokio::test]
async fn a_closure_can_authorise() {
    let setup = Setup::new(3).await;
    let wallet = setup.wallet.clone();
    let remote = auth_fn(move |request: AuthRequest| {
        let wallet = wallet.clone();
        async move {
            let message = SiweBuilder::new(
                wallet.address(),
                request.uri(),
                request.nonce.clone(),
                request.issued_at.clone(),
            )
            .domain("example.com")
            .statement("Only for ten minutes.")
            .expiration(request.issued_at.checked_add(Duration::from_secs(600))?)
            .requests(&request.requests)?
            .build()?;
            Ok(sign_siwe(&wallet, &message).await?)
        }
    });
    let request = any_action().with_domain("example.com");
    let session = setup.client.get_session(&request, &remote).await.unwrap();
    // The session never outlives its root.
    let ten_minutes = setup.network.clock().now() + Duration::from_secs(600);
    assert!((session.expiration().at() - ten_minutes).abs() < Duration::from_secs(60));
    let call = ExecuteJs::code(HELLO).with_js_param("name", "closure");
    assert_eq!(
        setup
            .client
            .execute_js(&session, &call)
            .await
            .unwrap()
            .response,
        "hello closure"
    );

    let other_domain = any_action().with_domain("other.example");
    let error = setup
        .client
        .get_session(&other_domain, &remote)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Root(RootRefusal::OtherDomain { .. })),
        "{error}"
    );

    let nobody =
        auth_fn(|_| async { Err::<lit_sdk::AuthSig, AuthNeededError>("user rejected".into()) });
    let error = setup
        .client
        .get_session(&any_action(), &nobody)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the session was not authorised: user rejected"
    );
}

#[tokio::test]
async fn a_root_is_reused_only_for_what_it_allows() {
    let setup = Setup::new(3).await;
    let key = SessionKeyPair::from_seed(&[9; 32]);
    let first = setup
        .client
        .get_session(&any_action().with_session_key(key.clone()), &setup.auth())
        .await
        .unwrap();
    let nobody = || auth_fn(|_| async { Err::<lit_sdk::AuthSig, AuthNeededError>("asked".into()) });
    let asked = async |request: &SessionRequest, auth: &dyn AuthNeeded| match setup
        .client
        .get_session(request, auth)
        .await
    {
        Ok(_) => false,
        Err(Error::AuthNeeded(_)) => true,
        Err(error) => panic!("{error}"),
    };
    let again = || {
        any_action()
            .with_session_key(key.clone())
            .with_root(first.root().clone())
    };
    assert!(!asked(&again(), &nobody()).await);
    // Another domain, more rights, another key: none of these is what was signed.
    assert!(asked(&again().with_domain("example.com"), &nobody()).await);
    let more =
        SessionRequest::new([ResourceAbilityRequest::pkp_signing(LitResource::any_pkp()).unwrap()])
            .with_session_key(key.clone())
            .with_root(first.root().clone());
    assert!(asked(&more, &nobody()).await);
    let other_key = any_action().with_root(first.root().clone());
    assert!(asked(&other_key, &nobody()).await);
    // Another wallet would not be reused silently either.
    let other = WalletAuth::new(PrivateKeySigner::random());
    let session = setup.client.get_session(&again(), &other).await.unwrap();
    assert_eq!(Some(session.address()), other.address());
    // Nor is an expired one.
    setup
        .network
        .clock()
        .advance(Duration::from_secs(25 * 3600));
    assert!(asked(&again(), &nobody()).await);
}

#[tokio::test]
async fn impossible_requests_are_refused_before_anybody_is_asked() {
    let setup = Setup::new(3).await;
    let nobody = auth_fn(|_| async { Err::<lit_sdk::AuthSig, AuthNeededError>("asked".into()) });
    let now = setup.network.clock().now();
    let at = |seconds: i64| Timestamp::try_from(now + time::Duration::seconds(seconds)).unwrap();
    let none = setup
        .client
        .get_session(&SessionRequest::new([]), &nobody)
        .await
        .unwrap_err();
    assert!(matches!(none, Error::NoRequests), "{none}");
    for expiration in [at(-1), at(31 * 24 * 3600)] {
        let error = setup
            .client
            .get_session(&any_action().with_expiration(expiration), &nobody)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Lifetime { .. }), "{error}");
    }
    // An expired proof would make the nodes refuse everything.
    let short = any_action().with_expiration(at(60));
    let proof = setup
        .client
        .get_session(&short, &setup.auth())
        .await
        .unwrap()
        .root()
        .clone();
    setup.network.clock().advance(Duration::from_secs(120));
    let error = setup
        .client
        .get_session(&any_action().with_proofs([proof]), &nobody)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Proof { index: 0, .. }), "{error}");

    setup.client.disconnect();
    let error = setup
        .client
        .get_session(&any_action(), &nobody)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotReady), "{error}");
}
