//! Wallet sessions on an embedded network, from connecting to what the nodes refuse.

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use common::{HELLO, Setup, any_action, assert_for_all_nodes};
use lit_sdk::{
    ActionCid, AuthRequest, AuthorizeError, Clock, Error, ExecuteJs, Right, SessionAuthorizer,
    SessionRequest, SessionSigs, Timestamp, WalletAuth, authorizer_fn,
    recap::{CapacityDelegation, SiweBuilder},
    session_crypto::{Operation, RootRefusal, SessionKeyPair, SessionVerifier, sign_siwe},
};

#[tokio::test]
async fn a_wallet_session_runs_an_action_on_every_node() {
    let setup = Setup::new(10).await;
    let sigs = setup
        .client
        .get_session_sigs(&any_action(), &setup.auth())
        .await
        .unwrap();
    assert_for_all_nodes(&sigs, &setup.client);

    let now = setup.network.clock().now();
    for (node, sig) in sigs.iter() {
        let verifier = SessionVerifier::for_node(node.clone());
        let verified = verifier
            .verify(sig, &Operation::run_action("QmAny"), now)
            .unwrap();
        assert_eq!(verified.address, setup.wallet.address());
    }

    let call = ExecuteJs::code(HELLO)
        .with_param("name", "Lit")
        .with_all_answers();
    let answer = setup.client.execute_js(&sigs, &call).await.unwrap();
    assert_eq!(answer.response, "hello Lit");
    assert_eq!(answer.logs, "greeting Lit\n");
    assert_eq!(answer.answers.len(), 10);

    // The action sees who asked.
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: Lit.Auth.authSigAddress })");
    let answer = setup.client.execute_js(&sigs, &call).await.unwrap();
    assert_eq!(answer.response, setup.wallet.address().to_string());
}

#[tokio::test]
async fn an_action_by_its_cid() {
    let setup = Setup::new(3).await;
    let cid = setup.network.put_ipfs(HELLO);
    let only_this = SessionRequest::new([Right::run_action(cid.parse().unwrap())]);
    let session = setup
        .client
        .session(&only_this, &setup.auth())
        .await
        .unwrap();
    let call = ExecuteJs::ipfs_id(&cid).with_param("name", "CID");
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
    let call = ExecuteJs::code(HELLO).with_param("name", "code");
    assert_eq!(
        setup
            .client
            .execute_js(&session, &call)
            .await
            .unwrap()
            .response,
        "hello code"
    );
    let sigs = setup.client.session_sigs(&session).unwrap();
    let asked = setup.network.requests().len();
    let other = ActionCid::of_code("1");
    for result in [
        setup
            .client
            .execute_js(&session, &ExecuteJs::code("1"))
            .await,
        setup.client.execute_js(&sigs, &ExecuteJs::code("1")).await,
        (setup.client)
            .execute_js(&sigs, &ExecuteJs::ipfs_id(other.to_string()))
            .await,
    ] {
        let error = result.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "the session has no right to run the Lit Action {other}; \
                 request Right::run_action(cid)"
            )
        );
        let Error::RightMissing(right) = error else {
            panic!("{error}");
        };
        assert_eq!(*right, Right::run_action(other));
    }
    assert_eq!(setup.network.requests().len(), asked);
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
async fn a_session_ends() {
    let setup = Setup::new(3).await;
    let session = setup
        .client
        .session(&any_action(), &setup.auth())
        .await
        .unwrap();
    let sigs = setup.client.session_sigs(&session).unwrap();
    setup.network.clock().stop_at(setup.network.clock().now());
    let call = ExecuteJs::code(HELLO).with_param("name", "now");
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
        .with_clock(Arc::new(lit_sdk::SystemClock))
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
    let pkps = SessionRequest::new([Right::sign_with_any_pkp()]);
    let session = setup.client.session(&pkps, &setup.auth()).await.unwrap();
    let call = ExecuteJs::code(HELLO);
    let error = setup.client.execute_js(&session, &call).await.unwrap_err();
    assert!(matches!(error, Error::RightMissing(_)), "{error}");

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
        .session(&any_action(), &setup.auth())
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
    let report = std::error::Error::source(&error).unwrap().to_string();
    assert!(report.contains("do not agree"), "{report}");
}

#[tokio::test]
async fn a_closure_can_authorize() {
    let setup = Setup::new(3).await;
    let wallet = setup.wallet.clone();
    let remote = authorizer_fn(move |request: AuthRequest| {
        let wallet = wallet.clone();
        async move {
            let message = SiweBuilder::new(
                wallet.address(),
                request.uri(),
                request.nonce.clone(),
                request.issued_at.clone(),
            )
            .with_domain("example.com")
            .with_statement("Only for ten minutes.")
            .with_expiration(request.issued_at.checked_add(Duration::from_secs(600))?)
            .with_rights(&request.requests)?
            .build()?;
            Ok(sign_siwe(&wallet, &message).await?)
        }
    });
    let request = any_action().with_domain("example.com");
    let session = setup.client.session(&request, &remote).await.unwrap();
    // The session never outlives its root.
    let ten_minutes = setup.network.clock().now() + Duration::from_secs(600);
    assert!((session.expiration().at() - ten_minutes).abs() < Duration::from_secs(60));
    let call = ExecuteJs::code(HELLO).with_param("name", "closure");
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
        .session(&other_domain, &remote)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Root(RootRefusal::OtherDomain { .. })),
        "{error}"
    );

    let nobody = authorizer_fn(|_| async {
        Err::<lit_sdk::AuthSig, AuthorizeError>(AuthorizeError::signer("user rejected"))
    });
    let error = setup
        .client
        .session(&any_action(), &nobody)
        .await
        .unwrap_err();
    let mut chain = vec![error.to_string()];
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        chain.push(error.to_string());
        cause = error.source();
    }
    let expected = [
        "the session was not authorized",
        "the signer did not sign",
        "user rejected",
    ];
    assert_eq!(chain, expected);
}

#[tokio::test]
async fn a_lifetime_counts_from_when_the_session_is_made() {
    let setup = Setup::new(3).await;
    let now = setup.network.clock().now();
    setup.network.clock().stop_at(now);
    let request = any_action().lasting(Duration::from_secs(600));
    // Authorizers can be shared.
    let wallet: Arc<dyn SessionAuthorizer> = Arc::new(setup.auth());
    for later in [0, 3600] {
        let made_at = now + Duration::from_secs(later);
        setup.network.clock().stop_at(made_at);
        let session = setup.client.session(&request, &wallet).await.unwrap();
        assert_eq!(session.address(), setup.wallet.address());
        let end = Timestamp::try_from(made_at + Duration::from_secs(600)).unwrap();
        assert_eq!(session.expiration(), &end);
    }
    // The last of the two counts.
    let end = Timestamp::try_from(now + Duration::from_secs(7200)).unwrap();
    let request = request.until(end.clone());
    let session = setup.client.session(&request, &wallet).await.unwrap();
    assert_eq!(session.expiration(), &end);

    let forever = any_action().lasting(Duration::from_secs(31 * 24 * 3600));
    assert!(matches!(
        setup.client.session(&forever, &wallet).await,
        Err(Error::Lifetime { .. })
    ));
}

/// A wallet shows a dialog, and its user takes a while.
#[tokio::test]
async fn a_slow_signer_is_asked_once() {
    let setup = Setup::new(3).await;
    let (clock, wallet) = (setup.network.clock(), setup.wallet.clone());
    let prompts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&prompts);
    let slow = authorizer_fn(move |request: AuthRequest| {
        counted.fetch_add(1, Ordering::SeqCst);
        let (clock, wallet) = (Arc::clone(&clock), wallet.clone());
        async move {
            clock.advance(Duration::from_secs(90));
            let now = Timestamp::try_from(clock.now())?;
            let message = SiweBuilder::new(wallet.address(), request.uri(), request.nonce, now)
                .with_rights(&request.requests)?
                .build()?;
            Ok(sign_siwe(&wallet, &message).await?)
        }
    });
    setup.client.session(&any_action(), &slow).await.unwrap();
    assert_eq!(prompts.load(Ordering::SeqCst), 1);
    // What has expired meanwhile is of no use.
    let short = any_action()
        .until(Timestamp::try_from(setup.network.clock().now() + Duration::from_secs(60)).unwrap());
    let clock = setup.network.clock();
    let wallet = setup.wallet.clone();
    let late = authorizer_fn(move |request: AuthRequest| {
        let (clock, wallet) = (Arc::clone(&clock), wallet.clone());
        async move {
            let signed = sign_siwe(&wallet, &request.siwe(wallet.address())?).await?;
            clock.advance(Duration::from_secs(90));
            Ok(signed)
        }
    });
    let error = setup.client.session(&short, &late).await.unwrap_err();
    assert!(matches!(error, Error::Root(_)), "{error}");
}

#[tokio::test]
async fn a_session_ends_with_its_delegation() {
    let setup = Setup::new(3).await;
    let now = Timestamp::try_from(setup.network.clock().now()).unwrap();
    let owner = lit_test_fakes::wallet();
    let delegation = SiweBuilder::new(
        owner.address(),
        "",
        "0123456789".parse().unwrap(),
        now.clone(),
    )
    .with_expiration(now.checked_add(Duration::from_secs(600)).unwrap())
    .with_capacity_delegation(&CapacityDelegation::to_anyone());
    let delegation = sign_siwe(&owner, &delegation.build().unwrap())
        .await
        .unwrap();
    let request = any_action().with_proofs([delegation]);
    let session = setup.client.session(&request, &setup.auth()).await.unwrap();
    let call = ExecuteJs::code(HELLO).with_param("name", "credit");
    assert!(setup.client.execute_js(&session, &call).await.is_ok());
    setup.network.clock().advance(Duration::from_secs(3600));
    assert!(matches!(
        setup.client.execute_js(&session, &call).await,
        Err(Error::Session(_))
    ));
}

#[tokio::test]
async fn a_root_is_reused_only_for_what_it_allows() {
    let setup = Setup::new(3).await;
    let key = SessionKeyPair::from_seed(&[9; 32]);
    let first = setup
        .client
        .session(&any_action().with_session_key(key.clone()), &setup.auth())
        .await
        .unwrap();
    let nobody = || {
        authorizer_fn(|_| async {
            Err::<lit_sdk::AuthSig, AuthorizeError>(AuthorizeError::signer("asked"))
        })
    };
    let asked = async |request: &SessionRequest, auth: &dyn SessionAuthorizer| match setup
        .client
        .session(request, auth)
        .await
    {
        Ok(_) => false,
        Err(Error::Authorize(_)) => true,
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
    let more = SessionRequest::new([Right::sign_with_any_pkp()])
        .with_session_key(key.clone())
        .with_root(first.root().clone());
    assert!(asked(&more, &nobody()).await);
    let other_key = any_action().with_root(first.root().clone());
    assert!(asked(&other_key, &nobody()).await);
    // Another wallet would not be reused silently either.
    let other = WalletAuth::new(lit_test_fakes::wallet());
    let session = setup.client.session(&again(), &other).await.unwrap();
    assert_eq!(session.address(), other.address());
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
    let nobody = authorizer_fn(|_| async {
        Err::<lit_sdk::AuthSig, AuthorizeError>(AuthorizeError::signer("asked"))
    });
    let now = setup.network.clock().now();
    let at = |seconds: i64| Timestamp::try_from(now + time::Duration::seconds(seconds)).unwrap();
    let none = setup
        .client
        .session(&SessionRequest::new([]), &nobody)
        .await
        .unwrap_err();
    assert!(matches!(none, Error::NoRequests), "{none}");
    for (expiration, problem) in [
        (at(-1), "it is in the past"),
        (at(31 * 24 * 3600), "it must be within 30 days from now"),
    ] {
        let text = format!("the session cannot end at {expiration}: {problem}");
        let error = setup
            .client
            .session(&any_action().until(expiration), &nobody)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Lifetime { .. }), "{error}");
        assert_eq!(error.to_string(), text);
    }
    // An expired proof would make the nodes refuse everything.
    let short = any_action().until(at(60));
    let proof = setup
        .client
        .session(&short, &setup.auth())
        .await
        .unwrap()
        .root()
        .clone();
    setup.network.clock().advance(Duration::from_secs(120));
    let error = setup
        .client
        .session(&any_action().with_proofs([proof]), &nobody)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Proof { index: 0, .. }), "{error}");

    setup.client.disconnect();
    let error = setup
        .client
        .session(&any_action(), &nobody)
        .await
        .unwrap_err();
    assert!(matches!(error, Error::NotReady), "{error}");
}
