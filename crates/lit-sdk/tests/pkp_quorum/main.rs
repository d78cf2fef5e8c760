//! Signatures for PKPs from nodes of which some are dead, wrong or lying. Shares are real; time is virtual.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod nodes;

use lit_sdk::{
    AuthMethod, AuthSig, Error, LitAction, LitActionLogin, LitNodeClient, PkpLogin, PkpPublicKey,
    Right, SessionRequest,
    session::SignSessionKey,
    session_crypto::{BlsPublicKey, BlsSignature, RootRefusal, SessionKeyPair, session_digest},
    transport::{Outcome, QuorumFailure},
    types::{SdkErrorCode, constants::AuthMethodType},
};
use lit_test_fakes::{node_url, rng};
use nodes::{
    Conduct::{self, *},
    Nodes,
};
use serde_json::{Value, json};
use tokio::time::Instant;

const PKP: &str = "0x04e3b2d7efd0b63d05fd56e1a43e43d817a4bed9c0564433bbed54e0407b6c60a87c901d3a8ce1ba96c3d49b1eeab0282525a04d0544084ef5d0542c2037ae2c57";

/// Everything a node can do instead of what it should.
const FAULTS: [Conduct; 13] = [
    Dead,
    Hangs,
    Refuses,
    Garbage,
    GrantsMore,
    OtherContext,
    OtherKey,
    CorruptShare,
    Replays,
    Plagiarises,
    OtherDigest,
    Stale,
    Incomplete,
];

fn pkp() -> PkpPublicKey {
    PKP.parse().unwrap()
}

fn rights() -> [Right; 2] {
    [Right::sign_with_any_pkp(), Right::run_any_action()]
}

fn login() -> PkpLogin {
    PkpLogin::new(pkp()).with_auth_methods([AuthMethod::new(AuthMethodType::Discord, "TOKEN")])
}

async fn sign(client: &LitNodeClient) -> Result<AuthSig, Error> {
    let key = SessionKeyPair::generate(&mut rng(3)).public_key();
    let call = SignSessionKey::new(login(), key, rights());
    client.sign_session_key(&call).await
}

/// Verified by the key of the network, with the primitives.
fn assert_verifies(client: &LitNodeClient, auth_sig: &AuthSig) {
    let key: BlsPublicKey = client.keys().network_public_key.parse().unwrap();
    let signature = BlsSignature::from_json(&auth_sig.sig).unwrap();
    assert!(key.verify(&session_digest(&auth_sig.signed_message), &signature));
    assert_eq!(auth_sig.address, pkp().address().to_checksum(None));
}

fn nodes_of(error: &Error) -> &lit_sdk::transport::QuorumError {
    match error {
        Error::Shares(nodes) | Error::Nodes(nodes) => nodes,
        other => panic!("{other}"),
    }
}

#[tokio::test(start_paused = true)]
async fn as_many_honest_nodes_as_the_threshold_are_enough() {
    for fault in FAULTS {
        // The first to answer are the bad ones, but for the first, whose share is copied.
        let mut conduct = [Honest; 10];
        conduct[1..4].fill(fault);
        let client = Nodes::deal(7, &conduct).connect(7).await;
        let auth_sig = sign(&client).await;
        let auth_sig = auth_sig.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_verifies(&client, &auth_sig);
    }
}

#[tokio::test(start_paused = true)]
async fn three_faults_of_different_kinds_do_not_matter() {
    for (i, first) in FAULTS.into_iter().enumerate() {
        let (second, third) = (FAULTS[(i + 4) % 13], FAULTS[(i + 7) % 13]);
        let mut conduct = [Honest; 10];
        (conduct[2], conduct[5], conduct[9]) = (first, second, third);
        let client = Nodes::deal(7, &conduct).connect(7).await;
        let auth_sig = sign(&client).await;
        let auth_sig = auth_sig.unwrap_or_else(|e| panic!("{first:?} {second:?} {third:?}: {e}"));
        assert_verifies(&client, &auth_sig);
    }
}

#[tokio::test(start_paused = true)]
async fn one_honest_node_less_is_not_enough() {
    for fault in FAULTS {
        let mut conduct = [Honest; 10];
        conduct[3..7].fill(fault);
        let client = Nodes::deal(7, &conduct).connect(7).await;
        let error = sign(&client).await.unwrap_err();
        let nodes = nodes_of(&error);
        for (index, outcome) in nodes.outcomes.iter().enumerate() {
            let is_bad = (3..7).contains(&index);
            // Among seven shares of which some are bad nobody can tell which.
            let is_told = !matches!(
                fault,
                CorruptShare | Plagiarises | Stale | Replays | OtherContext
            );
            if is_told {
                let valid = matches!(outcome.outcome, Outcome::Valid);
                assert_eq!(valid, !is_bad, "{fault:?} {index}: {error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_says_what_each_node_did() {
    let conduct = [
        Honest,
        Dead,
        Refuses,
        Garbage,
        GrantsMore,
        OtherKey,
        OtherDigest,
        Incomplete,
        Hangs,
        OtherContext,
    ];
    let client = Nodes::deal(7, &conduct).connect(7).await;
    let error = sign(&client).await.unwrap_err();
    assert_eq!(
        nodes_of(&error).failure,
        QuorumFailure::TooFewAnswers { valid: 2 }
    );
    let text = nodes_of(&error).to_string();
    for (index, words) in [
        (0, "valid answer"),
        (1, "connection refused"),
        (2, "NodeAuthSigScopeTooLimited"),
        (3, "invalid answer"),
        (4, "invalid answer: the node signed another message: "),
        (5, "invalid answer: the node signed another message: "),
        (
            6,
            "invalid answer: the signature share is for another digest",
        ),
        (
            7,
            "invalid answer: the signature share is for another digest",
        ),
        (8, ""),
    ] {
        let node = node_url(index).to_string();
        let line = text.lines().find(|line| line.contains(&node)).unwrap();
        assert!(line.contains(words), "{line}");
    }
    assert!(!text.contains("TOKEN"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn refusals_are_not_bad_shares() {
    let client = Nodes::deal(2, &[Refuses; 3]).connect(2).await;
    let error = sign(&client).await.unwrap_err();
    assert!(matches!(error, Error::Nodes(_)), "{error}");
    assert_eq!(error.node_error_code(), Some("NodeAuthSigScopeTooLimited"));
    assert_eq!(error.sdk_code(), Some(SdkErrorCode::NodeError));

    let client = Nodes::deal(2, &[CorruptShare; 3]).connect(2).await;
    let error = sign(&client).await.unwrap_err();
    assert!(matches!(error, Error::Shares(_)), "{error}");
    assert_eq!(error.sdk_code(), Some(SdkErrorCode::InvalidSignatureError));
}

#[tokio::test(start_paused = true)]
async fn slow_nodes_are_waited_for_when_fast_ones_lie() {
    let started = Instant::now();
    let conduct = [Honest, CorruptShare, Stale, Slow(9), Slow(5)];
    let client = Nodes::deal(3, &conduct).connect(3).await;
    let auth_sig = sign(&client).await.unwrap();
    assert_verifies(&client, &auth_sig);
    assert_eq!(started.elapsed().as_secs(), 9);
}

#[tokio::test(start_paused = true)]
async fn nodes_that_hang_are_not_waited_for_once_the_good_shares_are_there() {
    for fault in [CorruptShare, Replays, Plagiarises, Stale, OtherContext] {
        let started = Instant::now();
        let mut conduct = [Honest; 10];
        // The first six to answer make no signature; the last good share comes after a second.
        conduct[1..3].fill(fault);
        conduct[7] = Slow(1);
        conduct[8..].fill(Hangs);
        let client = Nodes::deal(6, &conduct).connect(6).await;
        let auth_sig = sign(&client).await;
        let auth_sig = auth_sig.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        assert_verifies(&client, &auth_sig);
        assert_eq!(started.elapsed().as_secs(), 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_body_is_that_of_the_official_client() {
    let nodes = Nodes::deal(2, &[Honest; 3]);
    let client = nodes.connect(2).await;
    let key = SessionKeyPair::generate(&mut rng(3)).public_key();
    let action = LitAction::code("go()")
        .with_param("b", 1)
        .with_param("a", json!({ "c": null }));
    let login = LitActionLogin::new(pkp(), action);
    let by_id = LitActionLogin::new(pkp(), LitAction::ipfs_id("Qm"));
    for login in [login, by_id] {
        let call = SignSessionKey::new(login, key, rights());
        client.sign_session_key(&call).await.unwrap();
    }
    let requests = nodes.requests();
    let text = |index: usize| String::from_utf8(requests[index].body.to_vec()).unwrap();
    let siwe = |body: &str| {
        let body: Value = serde_json::from_str(body).unwrap();
        body["siweMessage"].to_string()
    };
    let uri = key.uri();
    assert_eq!(
        text(0),
        format!(
            r#"{{"sessionKey":"{uri}","authMethods":[],"pkpPublicKey":"{PKP}","siweMessage":{},"curveType":"BLS","code":"Z28oKQ==","jsParams":{{"a":{{"c":null}},"b":1}},"epoch":0}}"#,
            siwe(&text(0)),
        )
    );
    assert_eq!(
        text(3),
        format!(
            r#"{{"sessionKey":"{uri}","authMethods":[],"pkpPublicKey":"{PKP}","siweMessage":{},"curveType":"BLS","litActionIpfsId":"Qm","jsParams":{{}},"epoch":0}}"#,
            siwe(&text(3)),
        )
    );
    let id = |index: usize| {
        let headers = &requests[index].headers;
        headers
            .iter()
            .find(|(name, _)| *name == "x-request-id")
            .unwrap()
            .1
            .clone()
    };
    assert_eq!((id(0), id(0)), (id(1), id(2)));
    assert_ne!(id(0), id(3));
}

#[tokio::test(start_paused = true)]
async fn a_session_of_a_pkp_is_made_with_one_round() {
    let nodes = Nodes::deal(2, &[Honest, Honest, CorruptShare]);
    let client = nodes.connect(2).await;
    let request = SessionRequest::new(rights());
    let session = client.session(&request, &login()).await.unwrap();
    assert_eq!(session.address(), pkp().address());
    assert_eq!(nodes.requests().len(), 3);
    let sigs = client.session_sigs(&session).unwrap();
    assert_eq!(sigs.len(), 3);
    let message = &session.root().signed_message;
    assert!(
        message.starts_with("litprotocol.com wants you"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_no_session_can_rest_on_is_asked_for_once_more_and_then_refused() {
    // All nodes agree, and what they sign verifies; but it is of tomorrow.
    let nodes = Nodes::deal(2, &[FutureBlock; 3]);
    let client = nodes.connect(2).await;
    let request = SessionRequest::new(rights());
    let error = client.get_pkp_session_sigs(&request, &login()).await;
    assert!(
        matches!(error, Err(Error::Root(RootRefusal::IssuedInTheFuture))),
        "{error:?}"
    );
    assert_eq!(nodes.requests().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_that_cannot_succeed() {
    let nodes = Nodes::deal(2, &[Honest; 3]);
    let client = nodes.connect(2).await;
    let key = SessionKeyPair::generate(&mut rng(3)).public_key();
    let no_rights = SignSessionKey::new(login(), key, []);
    assert!(matches!(
        client.sign_session_key(&no_rights).await,
        Err(Error::NoRequests)
    ));
    let bad_domain = SignSessionKey::new(login(), key, rights()).with_domain("https://a/b");
    assert!(matches!(
        client.sign_session_key(&bad_domain).await,
        Err(Error::InvalidMessage(_))
    ));
    client.disconnect();
    assert!(matches!(sign(&client).await, Err(Error::NotReady)));
    assert!(nodes.requests().is_empty());
}

#[test]
fn logins_show_no_secrets() {
    let action = LitAction::code("go()").with_param("password", "SECRET");
    let login = login().with_lit_action(action);
    let shown = format!("{login:?}");
    assert!(
        !shown.contains("SECRET") && !shown.contains("TOKEN"),
        "{shown}"
    );
}
