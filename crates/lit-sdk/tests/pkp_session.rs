//! Sessions that PKPs and Lit Actions authorize, on the embedded network.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::time::Duration;

use common::{
    altered, assert_for_all_nodes,
    owned::{Owned, request, sign_in},
};
use lit_devnet::{Fault, SiweChange};
use lit_sdk::{
    ActionCid, Error, ExecuteJs, LitAction, LitActionLogin, LitNodeClient, NodeList, PkpLogin,
    SessionAuthorizer, authorizer_fn,
    session_crypto::BlsError,
    types::{NodeErrorCode, wire::Endpoint},
};
use serde_json::json;

const ACTION: &str = "Lit.Actions.setResponse({ response: String(magicNumber === 42) })";

#[tokio::test]
async fn the_owner_of_a_pkp_gets_a_session() {
    let owned = Owned::new().await;
    let client = &owned.client;
    let session = client
        .session(&request(), &owned.login().await)
        .await
        .unwrap();
    assert_eq!(session.address(), owned.pkp.address());

    // A session of a PKP is good for actions, which see who logged in.
    let call = ExecuteJs::code(
        "Lit.Actions.setResponse({ response: JSON.stringify(Lit.Auth.authMethodContexts) })",
    );
    let answer = client.execute_js(&session, &call).await.unwrap();
    let user = owned.owner.address().to_string();
    assert_eq!(answer.json()[0]["userId"], user, "{}", answer.response);
}

/// The signature is not blamed for a key of the network that cannot be read.
#[tokio::test]
async fn a_malformed_network_key_is_named() {
    let owned = Owned::new().await;
    let login = owned.login().await;
    let root = owned.client.session(&request(), &login).await.unwrap();
    let root = root.root().clone();
    let client = altered::connect(&owned.network, Endpoint::Handshake, |_, _, answer| {
        for member in ["networkPublicKey", "networkPublicKeySet", "subnetPublicKey"] {
            answer[member] = "11".repeat(48).into();
        }
    })
    .await;
    let given = authorizer_fn(move |_| std::future::ready(Ok(root.clone())));
    let error = client.session(&request(), &given).await.unwrap_err();
    assert!(
        matches!(error, Error::NetworkKey(BlsError::NotAPoint)),
        "{error:?}"
    );
}

#[tokio::test]
async fn strangers_get_none() {
    let owned = Owned::new().await;
    let stranger = sign_in(&lit_test_fakes::wallet(), &owned.client).await;
    let login = PkpLogin::new(owned.pkp).with_auth_methods([stranger]);
    for login in [login, PkpLogin::new(owned.pkp)] {
        let error = owned.client.session(&request(), &login).await;
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Nodes(_)), "{error}");
        assert_eq!(error.node_error_code(), Some("NodeAuthSigScopeTooLimited"));
    }
}

#[tokio::test]
async fn an_action_that_throws_is_an_error_of_the_action() {
    let owned = Owned::new().await;
    let code = "console.log('before'); throw new Error('boom')";
    let login = LitActionLogin::new(owned.pkp, LitAction::code(code));
    let error = owned.client.session(&request(), &login).await.unwrap_err();
    let Error::Action { error, logs, .. } = error else {
        panic!("{error}");
    };
    assert!(error.starts_with("Uncaught Error: boom"), "{error}");
    assert_eq!(logs, "before\n");
}

#[tokio::test]
async fn an_action_decides_by_code_and_by_id() {
    let owned = Owned::new().await;
    let cid = owned.network.put_ipfs(ACTION);
    assert_eq!(cid, ActionCid::of_code(ACTION.as_bytes()).to_string());
    owned.permit(&cid).await;
    for action in [LitAction::code(ACTION), LitAction::ipfs_id(&cid)] {
        let right = LitActionLogin::new(owned.pkp, action.clone().with_param("magicNumber", 42));
        let session = owned.client.session(&request(), &right).await;
        assert_eq!(session.unwrap().address(), owned.pkp.address());

        let wrong = LitActionLogin::new(owned.pkp, action.with_param("magicNumber", 41));
        let error = owned
            .client
            .get_lit_action_session_sigs(&request(), &wrong)
            .await
            .unwrap_err();
        assert_eq!(
            error.node_error_code(),
            Some("NodeLitActionsSessionSigAuthenticationFailed"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn actions_see_who_logs_in_beside_them() {
    let owned = Owned::new().await;
    let code = "const [user] = Lit.Auth.authMethodContexts;
        Lit.Actions.setResponse({ response: String(user.userId === expected) })";
    owned
        .permit(&ActionCid::of_code(code.as_bytes()).to_string())
        .await;
    let guest = lit_test_fakes::wallet();
    let method = sign_in(&guest, &owned.client).await;
    let action = LitAction::code(code).with_params(
        [("expected".to_owned(), json!(guest.address().to_string()))]
            .into_iter()
            .collect(),
    );
    let login = LitActionLogin::new(owned.pkp, action);
    let with_method = login.clone().with_auth_methods([method]);
    let sigs = owned
        .client
        .get_lit_action_session_sigs(&request(), &with_method)
        .await;
    assert_for_all_nodes(&sigs.unwrap(), &owned.client);
    let alone = owned
        .client
        .get_lit_action_session_sigs(&request(), &login)
        .await;
    assert!(matches!(alone, Err(Error::Action { .. })), "{alone:?}");
}

#[tokio::test]
async fn three_of_ten_nodes_may_fail_each_in_its_way() {
    let owned = Owned::new().await;
    owned
        .permit(&ActionCid::of_code(ACTION.as_bytes()).to_string())
        .await;
    let action = LitAction::code(ACTION).with_param("magicNumber", 42);
    let action = LitActionLogin::new(owned.pkp, action);
    let login = owned.login().await;
    for faults in [
        [
            Fault::Stopped,
            Fault::CorruptShare,
            Fault::WrongSiwe(SiweChange::Grants),
        ],
        [Fault::Garbage, Fault::ReplayedShare, Fault::Hang],
        [
            Fault::StaleEpoch,
            Fault::Truncated,
            Fault::WrongSiwe(SiweChange::Expiration),
        ],
        [
            Fault::Error(NodeErrorCode::NodeSystemFault),
            Fault::CorruptShare,
            Fault::CorruptShare,
        ],
    ] {
        // The first to be asked are the bad ones.
        for (node, fault) in faults.into_iter().enumerate() {
            owned.network.node(node).fail(fault);
        }
        let session = owned.client.session(&request(), &login).await;
        let session = session.unwrap_or_else(|error| panic!("{faults:?}: {error}"));
        assert_eq!(session.address(), owned.pkp.address());
        let sigs = owned
            .client
            .get_lit_action_session_sigs(&request(), &action)
            .await;
        assert_for_all_nodes(&sigs.unwrap(), &owned.client);
    }
}

#[tokio::test]
async fn fewer_than_the_threshold_never_suffice() {
    let owned = Owned::new().await;
    let login = owned.login().await;
    assert_eq!(owned.client.threshold(), 6);
    for fault in [
        Fault::Stopped,
        Fault::Garbage,
        Fault::Error(NodeErrorCode::NodeSystemFault),
        Fault::CorruptShare,
        Fault::WrongSiwe(SiweChange::Grants),
        Fault::WrongSiwe(SiweChange::Uri),
    ] {
        for node in [0, 2, 4, 6, 8] {
            owned.network.node(node).fail(fault);
        }
        let error = owned.client.session(&request(), &login).await;
        let error = error.unwrap_err();
        assert!(
            matches!(error, Error::Nodes(_) | Error::Shares(_)),
            "{fault:?}: {error}"
        );
        let report = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(report.lines().count(), 11, "a line for each node: {report}");
    }
}

/// What the signatures say is up to the request: end, domain, statement, and a chain id that is the provider's.
#[tokio::test]
async fn messages_say_what_was_asked_for() {
    let owned = Owned::new().await;
    let now = owned.client.latest_blockhash();
    let auth = owned.login().await.with_chain_id(137);
    assert_eq!(auth.address(), Some(owned.pkp.address()));
    let request = request()
        .with_domain("example.com")
        .with_statement("Sign in to Example.");
    let session = owned.client.session(&request, &auth).await.unwrap();
    let message = &session.root().signed_message;
    for words in [
        "example.com wants you to sign in",
        "Lit Protocol PKP session signature Sign in to Example. I further authorize",
        "\nChain ID: 137\n",
        &format!("\nNonce: {now}\n"),
    ] {
        assert!(message.contains(words), "{words}: {message}");
    }
    let session = owned
        .client
        .session(
            &request.until(
                lit_sdk::Timestamp::try_from(lit_sdk::Clock::now(&*owned.network.clock()))
                    .unwrap()
                    .checked_add(Duration::from_secs(600))
                    .unwrap(),
            ),
            &owned.login().await,
        )
        .await
        .unwrap();
    assert!(
        session
            .root()
            .signed_message
            .contains(session.expiration().as_str())
    );
}

/// One share is no signature, whoever says that one node is enough.
#[tokio::test]
async fn a_single_node_signs_for_no_pkp() {
    let owned = Owned::new().await;
    let builder =
        LitNodeClient::builder(&NodeList::from_urls(owned.network.node_urls().to_vec(), 1))
            .with_transport(owned.network.transport())
            .with_clock(owned.network.clock());
    let client = builder.connect().await.unwrap();
    let login = owned.login().await;
    let error = client.session(&request(), &login).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::Config(_)), "{error}");
}
