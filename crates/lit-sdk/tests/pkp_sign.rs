//! Signatures of PKPs, and a PKP as a wallet, on the embedded network.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use alloy_network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy_primitives::{B256, Signature, U256, address, eip191_hash_message};
use alloy_provider::{Provider, ProviderBuilder};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_signer::Signer;
use alloy_sol_types::{SolStruct, eip712_domain, sol};
use common::{
    altered::connect,
    owned::{Owned, contracts, request},
};
use lit_devnet::Fault;
use lit_sdk::{
    ActionCid, Error, ExecuteJs, LitAbility, LitNodeClient, PkpSign, PkpSigner, Right, Session,
    SessionManager, SessionRequest, SessionSigs, WalletAuth,
    calls::{SessionSourceError, session_fn},
    transport::{NodeRequest, Outcome},
    types::{
        NodeErrorCode,
        access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition},
        wire::Endpoint,
    },
};
use serde_json::{Value, json};

const DIGEST: B256 = B256::repeat_byte(0x90);

/// How often a node with a wrong share is met before a signing set is without it: 0.6^n in networks of 10, of which 6 sign.
const MANY: usize = 100;

fn assert_signed(owned: &Owned, digest: B256, signature: impl Into<Signature>) {
    let signer = signature.into().recover_address_from_prehash(&digest);
    assert_eq!(signer.unwrap(), owned.pkp.address());
}

#[tokio::test]
async fn a_pkp_signs_digests_and_messages() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let call = PkpSign::digest(owned.pkp, DIGEST);
    let signature = owned.client.pkp_sign(&session, &call).await.unwrap();
    assert_eq!(*signature.public_key(), owned.pkp);
    assert_signed(&owned, DIGEST, signature);

    let sigs = owned.client.session_sigs(&session).unwrap();
    let call = PkpSign::message(owned.pkp, "hello");
    let signature = owned.client.pkp_sign(&sigs, &call).await.unwrap();
    assert_signed(&owned, eip191_hash_message("hello"), signature);
}

#[tokio::test]
async fn a_session_of_the_pkp_itself_may_sign() {
    let owned = Owned::new().await;
    let login = owned.login().await;
    let session = owned.client.session(&request(), &login).await;
    let call = PkpSign::digest(owned.pkp, DIGEST);
    let signature = owned.client.pkp_sign(&session.unwrap(), &call).await;
    assert_signed(&owned, DIGEST, signature.unwrap());
}

#[tokio::test]
async fn nodes_that_are_gone_do_not_matter_down_to_the_threshold() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let call = PkpSign::digest(owned.pkp, DIGEST);
    let spare = 10 - owned.network.threshold();
    let gone = [
        Fault::Stopped,
        Fault::Error(NodeErrorCode::NodeSystemFault),
        Fault::Garbage,
        Fault::Truncated,
        Fault::ErrorAt(Endpoint::PkpSign, NodeErrorCode::NodeRpcError),
    ];
    for fault in gone {
        for node in 0..spare {
            owned.network.node(node).fail(fault);
        }
        let signature = owned.client.pkp_sign(&session, &call).await;
        assert_signed(&owned, DIGEST, signature.unwrap());

        owned.network.node(spare).fail(fault);
        let error = owned.client.pkp_sign(&session, &call).await.unwrap_err();
        let (Error::Nodes(nodes) | Error::Shares(nodes)) = &error else {
            panic!("{fault:?}: {error}");
        };
        assert_eq!(nodes.outcomes.len(), 10);
        let is_valid = |outcome: &Outcome| matches!(outcome, Outcome::Valid);
        assert!(
            !nodes.outcomes.iter().any(|one| is_valid(&one.outcome)),
            "{error}"
        );
        owned.network.node(spare).recover();
    }
}

#[tokio::test]
async fn nodes_that_hang_are_not_waited_for() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    for node in [1, 4, 8] {
        owned.network.node(node).fail(Fault::Hang);
    }
    // The deadline of a node is 30 s.
    let call = PkpSign::digest(owned.pkp, DIGEST);
    let call = owned.client.pkp_sign(&session, &call);
    let signature = tokio::time::timeout(Duration::from_secs(20), call).await;
    assert_signed(&owned, DIGEST, signature.unwrap().unwrap());
}

#[tokio::test]
async fn a_wrong_share_is_met_with_another_request() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let call = PkpSign::digest(owned.pkp, DIGEST).with_attempts(MANY);
    for fault in [Fault::CorruptShare, Fault::ReplayedShare] {
        owned.network.node(3).fail(fault);
        for _ in 0..4 {
            let signature = owned.client.pkp_sign(&session, &call).await;
            assert_signed(&owned, DIGEST, signature.unwrap());
        }
    }

    // With five of ten every set of six has one of them.
    for node in 0..5 {
        owned.network.node(node).fail(Fault::CorruptShare);
    }
    let call = PkpSign::digest(owned.pkp, DIGEST).with_attempts(3);
    let error = owned.client.pkp_sign(&session, &call).await.unwrap_err();
    assert!(matches!(error, Error::Shares(_)), "{error}");
    let report = std::error::Error::source(&error).unwrap().to_string();
    assert!(report.contains("do not add up"), "{report}");
}

fn id_of(request: &NodeRequest) -> String {
    let mut headers = request.headers.iter();
    let id = headers.find(|(name, _)| *name == "x-request-id");
    id.unwrap().1.clone()
}

#[tokio::test]
async fn every_attempt_has_an_id_of_its_own_on_all_nodes() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    for (attempts, succeeds) in [(3, true), (2, false)] {
        let ids = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&ids);
        // The first two attempts are spoiled: a share is changed in its last digit.
        let spoil = move |request: &NodeRequest, _: usize, body: &mut Value| {
            let mut ids = seen.lock().unwrap();
            let id = id_of(request);
            if !ids.contains(&id) {
                ids.push(id.clone());
            }
            let share = body["signatureShare"]["signature_share"].as_str().unwrap();
            if ids.iter().position(|known| *known == id).unwrap() < 2 && !share.is_empty() {
                let other = if share.ends_with("0\"") { "1\"" } else { "0\"" };
                let share = format!("{}{other}", &share[..share.len() - 2]);
                body["signatureShare"]["signature_share"] = json!(share);
            }
        };
        let client = connect(&owned.network, Endpoint::PkpSign, spoil).await;
        let call = PkpSign::digest(owned.pkp, DIGEST).with_attempts(attempts);
        let result = client.pkp_sign(&session, &call).await;
        assert_eq!(result.is_ok(), succeeds);
        assert_eq!(ids.lock().unwrap().len(), attempts);
    }
}

/// Even if all nodes name one and the same other key, that is no signature of the PKP that was asked for.
#[tokio::test]
async fn the_key_in_the_answers_is_not_believed() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let other = contracts(&owned.network, &owned.owner).pkp().mint().await;
    let (asked, other) = (owned.pkp, other.unwrap().public_key);
    let claim = move |_: &NodeRequest, _: usize, body: &mut Value| {
        let key = body["signatureShare"]["public_key"].as_str().unwrap();
        if !key.is_empty() {
            let key = alloy_primitives::hex::encode_upper(asked.as_bytes());
            body["signatureShare"]["public_key"] = json!(format!("\"{key}\""));
        }
    };
    let client = connect(&owned.network, Endpoint::PkpSign, claim).await;
    let call = PkpSign::digest(other, DIGEST).with_attempts(1);
    let error = client.pkp_sign(&session, &call).await.unwrap_err();
    let report = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        report.contains("the signature share is for another key"),
        "{report}"
    );
    let call = PkpSign::digest(asked, DIGEST).with_attempts(1);
    let signature = client.pkp_sign(&session, &call).await.unwrap();
    assert_eq!(*signature.public_key(), asked);
}

#[tokio::test]
async fn who_may_not_sign_is_told_at_once() {
    let owned = Owned::new().await;
    let call = PkpSign::digest(owned.pkp, DIGEST);
    let stranger = WalletAuth::new(lit_test_fakes::wallet());
    let session = owned.client.session(&request(), &stranger).await;
    let error = owned.client.pkp_sign(&session.unwrap(), &call).await;
    let error = error.unwrap_err();
    assert_eq!(
        error.node_error_code(),
        Some("NodeAuthSigScopeTooLimited"),
        "{error}"
    );

    let wallet = WalletAuth::new(owned.owner.clone());
    let actions_only = SessionRequest::new([Right::run_any_action()]);
    let session = owned.client.session(&actions_only, &wallet).await;
    let error = owned.client.pkp_sign(&session.unwrap(), &call).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::RightMissing(_)), "{error}");

    let ids: std::collections::HashSet<_> = owned
        .network
        .requests()
        .into_iter()
        .filter(|request| request.path.contains("pkp/sign"))
        .map(|request| request.request_id)
        .collect();
    assert_eq!(
        ids.len(),
        1,
        "refusals are not tried again, and a session without the right asks nobody"
    );
}

/// Nodes answer such a session with 404, and the right that is missing is not in their error.
#[tokio::test]
async fn a_wallet_session_without_any_action_is_told_before_a_node_is_asked() {
    let action = Right::run_action(ActionCid::of_code("go()"));
    for rights in [
        vec![Right::sign_with_any_pkp()],
        vec![Right::sign_with_any_pkp(), action],
    ] {
        let owned = Owned::new().await;
        let wallet = WalletAuth::new(owned.owner.clone());
        let call = PkpSign::digest(owned.pkp, DIGEST);
        let request = SessionRequest::new(rights);
        let session = owned.client.session(&request, &wallet).await.unwrap();
        let sigs = owned.client.session_sigs(&session).unwrap();
        for result in [
            owned.client.pkp_sign(&session, &call).await,
            owned.client.pkp_sign(&sigs, &call).await,
        ] {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::AnyActionRightMissing), "{error}");
            assert!(
                error.to_string().contains("Right::run_any_action()"),
                "{error}"
            );
        }
        assert_eq!(signing_requests(&owned), 0);
        // The session of a PKP needs no such right.
        let login = owned.login().await;
        let session = owned.client.session(&request, &login).await.unwrap();
        let signature = owned.client.pkp_sign(&session, &call).await;
        assert_signed(&owned, DIGEST, signature.unwrap());
        let sigs = owned.client.session_sigs(&session).unwrap();
        let signature = owned.client.pkp_sign(&sigs, &call).await;
        assert_signed(&owned, DIGEST, signature.unwrap());
    }
}

fn signing_requests(owned: &Owned) -> usize {
    let requests = owned.network.requests().into_iter();
    requests
        .filter(|request| request.path.contains("pkp/sign"))
        .count()
}

/// Calls take a session by reference, shared as a manager returns it, or as signatures.
#[tokio::test]
async fn calls_take_every_form_of_a_session() {
    let owned = Owned::new().await;
    let manager = SessionManager::new(owned.client.clone());
    let wallet = WalletAuth::new(owned.owner.clone());
    let shared: Arc<Session> = manager.session(&request(), &wallet).await.unwrap();
    let session: &Session = &shared;
    let sigs: SessionSigs = owned.client.session_sigs(session).unwrap();
    let client = &owned.client;

    let sign = PkpSign::digest(owned.pkp, DIGEST);
    for signature in [
        client.pkp_sign(session, &sign).await,
        client.pkp_sign(&shared, &sign).await,
        client.pkp_sign(Arc::clone(&shared), &sign).await,
        client.pkp_sign(&sigs, &sign).await,
    ] {
        assert_signed(&owned, DIGEST, signature.unwrap());
    }

    let run = ExecuteJs::code("Lit.Actions.setResponse({ response: 'done' })");
    for answer in [
        client.execute_js(session, &run).await,
        client.execute_js(&shared, &run).await,
        client.execute_js(Arc::clone(&shared), &run).await,
        client.execute_js(&sigs, &run).await,
    ] {
        assert_eq!(answer.unwrap().response, "done");
    }

    let owner = EvmBasicCondition::wallet_is("ethereum", owned.owner.address().to_string());
    let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(owner));
    let encrypted = client.encrypt_text("secret", &conditions).await.unwrap();
    let right = Right::new(
        encrypted.resource(),
        LitAbility::AccessControlConditionDecryption,
    );
    let request = SessionRequest::new([right.unwrap()]);
    let shared = manager.session(&request, &wallet).await.unwrap();
    let session: &Session = &shared;
    let sigs = client.session_sigs(session).unwrap();
    for text in [
        client.decrypt_text(session, &encrypted).await,
        client.decrypt_text(&shared, &encrypted).await,
        client.decrypt_text(Arc::clone(&shared), &encrypted).await,
        client.decrypt_text(&sigs, &encrypted).await,
    ] {
        assert_eq!(*text.unwrap(), "secret");
    }
}

#[tokio::test]
async fn many_signatures_at_once() {
    let owned = Arc::new(Owned::new().await);
    let session = Arc::new(owned.session().await);
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..30_u8 {
        let (owned, session) = (Arc::clone(&owned), Arc::clone(&session));
        tasks.spawn(async move {
            let digest = B256::repeat_byte(i);
            let call = PkpSign::digest(owned.pkp, digest);
            let signature = owned.client.pkp_sign(session.as_ref(), &call).await;
            assert_signed(&owned, digest, signature.unwrap());
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
async fn a_transaction_signed_by_a_pkp_is_mined() {
    let owned = Owned::new().await;
    // The chain is that of the network; the PKP gets its money from its owner.
    let funded = contracts(&owned.network, &owned.owner);
    let money = U256::from(10).pow(U256::from(18));
    let gift = TransactionRequest::default()
        .with_from(owned.owner.address())
        .with_to(owned.pkp.address())
        .with_value(money);
    let gift = funded.provider().send_transaction(gift).await.unwrap();
    assert!(gift.get_receipt().await.unwrap().status());

    let signer = PkpSigner::new(owned.client.clone(), owned.pkp, owned.session().await);
    let provider = ProviderBuilder::new()
        .wallet(signer)
        .connect_client(owned.network.chain().client());
    let to = address!("0x00000000000000000000000000000000000000aa");
    let transaction = TransactionRequest::default()
        .with_to(to)
        .with_value(U256::from(7));
    let sent = provider.send_transaction(transaction).await.unwrap();
    let receipt = sent.get_receipt().await.unwrap();
    assert!(receipt.status());
    assert_eq!(receipt.from, owned.pkp.address());
    assert_eq!(provider.get_balance(to).await.unwrap(), U256::from(7));
}

sol! {
    struct Mail {
        address to;
        string contents;
    }
}

#[tokio::test]
async fn a_pkp_signs_messages_and_typed_data_as_a_wallet() {
    let owned = Owned::new().await;
    let signer = PkpSigner::new(owned.client.clone(), owned.pkp, owned.session().await);
    assert_eq!(Signer::address(&signer), owned.pkp.address());
    let signature = signer.sign_message(b"hello").await.unwrap();
    assert_signed(&owned, eip191_hash_message("hello"), signature);

    let mail = Mail {
        to: owned.owner.address(),
        contents: "hello".to_owned(),
    };
    let domain = eip712_domain! { name: "Mail", version: "1", chain_id: 1, };
    let signature = signer.sign_typed_data(&mail, &domain).await.unwrap();
    assert_signed(&owned, mail.eip712_signing_hash(&domain), signature);

    // Signed for another chain than it is for, a transaction could be sent again there.
    let signer = signer.with_chain_id(Some(1));
    let wallet = EthereumWallet::from(signer);
    let foreign = TransactionRequest::default()
        .with_to(owned.owner.address())
        .with_chain_id(5)
        .with_nonce(0)
        .with_gas_limit(21_000)
        .with_max_fee_per_gas(1)
        .with_max_priority_fee_per_gas(1)
        .build(&wallet)
        .await;
    assert!(foreign.unwrap_err().to_string().contains("chain"));
}

#[tokio::test]
async fn a_signer_outlives_its_sessions() {
    let owned = Owned::new().await;
    owned
        .network
        .clock()
        .stop_at(lit_sdk::Clock::now(&*owned.network.clock()));
    let manager = Arc::new(SessionManager::new(owned.client.clone()));
    let wallet = Arc::new(WalletAuth::new(owned.owner.clone()));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let sessions = session_fn(move || {
        let (manager, wallet) = (Arc::clone(&manager), Arc::clone(&wallet));
        count.fetch_add(1, Ordering::Relaxed);
        async move { Ok::<_, SessionSourceError>(manager.session(&request(), wallet.as_ref()).await?) }
    });
    let renewing = PkpSigner::new(owned.client.clone(), owned.pkp, sessions);
    let fixed = PkpSigner::new(owned.client.clone(), owned.pkp, owned.session().await);
    for signer in [&renewing, &fixed] {
        assert_signed(&owned, DIGEST, signer.sign_hash(&DIGEST).await.unwrap());
    }

    owned
        .network
        .clock()
        .advance(Duration::from_secs(25 * 3600));
    assert_signed(&owned, DIGEST, renewing.sign_hash(&DIGEST).await.unwrap());
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    let error = fixed.sign_hash(&DIGEST).await.unwrap_err();
    let alloy_signer::Error::Other(error) = error else {
        panic!("{error}");
    };
    assert!(
        matches!(error.downcast_ref(), Some(Error::Session(_))),
        "{error}"
    );
}

#[tokio::test]
async fn a_client_that_was_disconnected_signs_nothing() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let client: LitNodeClient = owned.client.clone();
    client.disconnect();
    let error = client
        .pkp_sign(&session, &PkpSign::digest(owned.pkp, DIGEST))
        .await;
    assert!(matches!(error, Err(Error::NotReady)));
}
